#include "policy/admission/uncounted.hpp"

#include <chrono>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"

namespace bellwether::policy {
namespace {

constinit observe::Seldom full_lines(std::chrono::minutes(1));
constinit observe::Seldom unavailable_lines(std::chrono::minutes(1));

std::string_view fate(bool passes) { return passes ? "passes uncounted" : "is refused"; }

Result<void> outcome(bool passes) {
    if (passes) return {};
    return std::unexpected(
        Error{.kind = ErrorKind::unavailable,
              .message = "The host cannot count this request at the moment; try again.",
              .code = "ledger_unavailable",
              .retry_after = std::chrono::seconds(1)});
}

}  // namespace

Result<void> uncounted(bool passes, std::string_view reason) {
    if (unavailable_lines.may(Clock::now())) {
        observe::warn(
            "a call {}, for the ledger cannot count it: {}; more such calls are told of once a "
            "minute",
            fate(passes), reason);
    }
    return outcome(passes);
}

Result<void> uncounted_for_room(bool passes, std::string_view reason) {
    if (full_lines.may(Clock::now())) {
        observe::warn(
            "a call {}, for the ledger has no room to count it: {}, see ledger.max_counters; more "
            "such calls are told of once a minute",
            fate(passes), reason);
    }
    return outcome(passes);
}

}  // namespace bellwether::policy
