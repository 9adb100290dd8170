#include "front/trace_context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/characters.hpp"

namespace bellwether::front {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr std::size_t k_version_end = 2;
constexpr std::size_t k_trace_begin = 3;
constexpr std::size_t k_trace_size = 32;
constexpr std::size_t k_parent_begin = 36;
constexpr std::size_t k_parent_size = 16;
constexpr std::size_t k_flags_begin = 53;
constexpr std::size_t k_size = 55;

constexpr std::size_t k_state_bytes_max = 512;
constexpr int k_state_members_max = 32;

int digit(char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; }

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

// A later version of the format has the parts of version 00 at the same places, so it is read, too.
bool is_traceparent(std::string_view text) {
    if (text.size() < k_size) return false;
    const std::string_view version = text.substr(0, k_version_end);
    if (!is_hex(version) || version == "ff") return false;
    if (version == "00" && text.size() != k_size) return false;
    if (text.size() > k_size && text[k_size] != '-') return false;
    for (const auto at : {k_version_end, k_parent_begin - 1, k_flags_begin - 1}) {
        if (text[at] != '-') return false;
    }
    return is_id(text.substr(k_trace_begin, k_trace_size)) &&
           is_id(text.substr(k_parent_begin, k_parent_size)) &&
           is_hex(text.substr(k_flags_begin, 2));
}

bool is_state_member(std::string_view member) {
    const auto equals = member.find('=');
    if (equals == 0 || equals == member.npos) return false;
    const auto in_key = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("_-*/@").find(c) != std::string_view::npos;
    };
    const auto in_value = [](char c) { return c >= 0x20 && c < 0x7f && c != '='; };
    return std::ranges::all_of(member.substr(0, equals), in_key) && equals + 1 < member.size() &&
           std::ranges::all_of(member.substr(equals + 1), in_value);
}

bool is_tracestate(std::string_view text) {
    if (text.empty() || text.size() > k_state_bytes_max) return false;
    for (int members = 1;; ++members) {
        const auto comma = text.find(',');
        const std::string_view member = http::trimmed(text.substr(0, comma));
        if (members > k_state_members_max) return false;
        if (!member.empty() && !is_state_member(member)) return false;
        if (comma == text.npos) return true;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

TraceContext trace_context(std::string_view traceparent, std::string_view tracestate,
                           std::mt19937_64& random) {
    if (!is_traceparent(traceparent)) return {};
    std::uint64_t span = random();
    while (span == 0) span = random();
    // The two known flags: "sampled", and "the trace's id is random".
    const int flags = digit(traceparent[k_flags_begin + 1]) & 3;
    TraceContext context;
    context.traceparent = fmt::format("00-{}-{:016x}-{:02x}",
                                      traceparent.substr(k_trace_begin, k_trace_size), span, flags);
    if (is_tracestate(tracestate)) context.tracestate = tracestate;
    return context;
}

}  // namespace bellwether::front
