// A host for tests of the helpers for C: it keeps what it is told.
#pragma once

#include <bellwether/c/helpers.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

inline bw_str c(std::string_view text) { return {text.data(), text.size()}; }
inline std::string cpp(bw_str text) {
    return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}

inline std::string random_text(std::mt19937& random, unsigned longest) {
    constexpr std::string_view k_bytes =
        "ab\"\\\n\t\x01{}[]:,u0e-\xE0\xB8\x81\xF0\x9F\x98\x80\xFF\0";
    std::string out;
    for (auto left = random() % longest; left > 0; --left) {
        out += k_bytes[random() % k_bytes.size()];
    }
    return out;
}

// What went to the client, each with its BW_EMIT_*.
using Pieces = std::vector<std::pair<std::uint32_t, std::string>>;

// Keeps what a plugin in C says to its host.
struct KeepingHost {
    KeepingHost() {
        api.size = sizeof api;
        api.fail = [](bw_host*, bw_attempt* to, const bw_error* told) noexcept {
            self(to).error = *told;
            self(to).message = cpp(told->message);
            return told->status;
        };
        api.unix_ms = [](bw_host*) noexcept -> std::int64_t { return 5'000; };
        api.log = [](bw_host*, bw_attempt* to, const bw_log* line) noexcept {
            self(to).message = cpp(line->message);
        };
        api.send = [](bw_attempt* to, const bw_send* asked) noexcept {
            self(to).sent = *asked;
            self(to).body = cpp(asked->body[0].bytes);
            return self(to).answer;
        };
        api.emit = [](bw_attempt* to, const bw_emit* piece) noexcept {
            self(to).emitted.emplace_back(piece->kind, cpp(piece->data));
            return self(to).answer;
        };
        api.usage = [](bw_attempt* to, const bw_usage* usage) noexcept {
            self(to).tier += cpp(usage->tier);
            for (std::size_t i = 0; i < usage->amount_count; ++i) {
                const bw_amount& one = usage->amounts[i];
                self(to).used += cpp(one.name) + "=" + std::to_string(one.amount) + ";";
            }
            return bw_status{BW_OK};
        };
    }
    KeepingHost(const KeepingHost&) = delete;
    KeepingHost& operator=(const KeepingHost&) = delete;
    static KeepingHost& self(bw_attempt* attempt) {
        return *reinterpret_cast<KeepingHost*>(attempt);
    }
    bw_teller teller() { return {&api, nullptr, reinterpret_cast<bw_attempt*>(this)}; }

    bw_host_api api = {};
    bw_status answer = BW_OK;  // to what is sent and emitted
    bw_error error = {};
    bw_send sent = {};
    std::string message;
    std::string body;
    Pieces emitted;
    std::string used;
    std::string tier;
};

inline bw_request asks(bool stream, std::string_view id = "0") {
    bw_request request = {};
    request.size = sizeof request;
    if (stream) request.flags = BW_REQUEST_STREAM;
    request.id = c(id);
    return request;
}

}  // namespace bw::testing
