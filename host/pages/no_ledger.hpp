// What is answered where a report is asked for and there is nothing that it could be made of.
#pragma once

#include "base/error.hpp"
#include "front/answer.hpp"

namespace bw::pages {

inline constexpr std::string_view k_no_ledger =
    "this configuration counts nothing, so there is nothing to report; add [ledger] with "
    "url = \"sqlite:/path/of/ledger.db\" and restart the host";

inline front::Answer no_ledger() {
    return front::to_answer(
        front::error_reply(404, "invalid_request_error", "no_ledger", k_no_ledger));
}

inline front::Answer unreadable_ledger(const Error& error) {
    return front::to_answer(
        front::error_reply(503, "server_error", "ledger_unavailable", error.message));
}

}  // namespace bw::pages
