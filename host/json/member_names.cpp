#include "json/member_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bellwether/json.hpp>
#include <string>

namespace bw::json {
namespace {

constexpr std::array<std::string_view, 18> k_names{"model",
                                                   "messages",
                                                   "prompt",
                                                   "input",
                                                   "stream",
                                                   "stream_options",
                                                   "n",
                                                   "max_tokens",
                                                   "max_completion_tokens",
                                                   "best_of",
                                                   "encoding_format",
                                                   "enable_thinking",
                                                   "user",
                                                   "safety_identifier",
                                                   "service_tier",
                                                   "web_search_options",
                                                   "enable_search",
                                                   "search_parameters"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

std::unexpected<Error> refuse(std::string message, std::string_view name) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid, .message = std::move(message), .param = std::string(name)});
}

}  // namespace

std::string folded_name(std::string_view key) {
    std::string out;
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (key.substr(i, 2) == "\xC5\xBF") {
            out += 's';
            i += 1;
        } else if (key.substr(i, 3) == "\xE2\x84\xAA") {
            out += 'k';
            i += 2;
        } else {
            out += lower(key[i]);
        }
    }
    return out;
}

Result<std::string_view> MemberNames::take(std::string_view raw_key) {
    std::string unescaped;
    std::string_view key = raw_key;
    if (!std::ranges::all_of(raw_key, is_plain)) {
        unescaped = unescape(raw_key);
        // A reader with C strings would see the beginning only.
        if (unescaped.find('\0') != std::string::npos) {
            return refuse("a member's name contains a NUL character", {});
        }
        key = unescaped;
    }
    const auto exact = std::ranges::find(k_names, key);
    const auto found = exact != k_names.end() || unescaped.empty()
                           ? exact
                           : std::ranges::find(k_names, folded_name(key));
    if (found == k_names.end()) return std::string_view{};
    if (exact == k_names.end()) {
        return refuse(fmt::format("a member's name differs from \"{}\" in case only, and some "
                                  "providers ignore case; write it as \"{}\"",
                                  *found, *found),
                      *found);
    }
    const auto bit = std::uint32_t{1} << (found - k_names.begin());
    if ((seen_ & bit) != 0) {
        return refuse(fmt::format("\"{}\" appears more than once; send it once", *found), *found);
    }
    seen_ |= bit;
    return *found;
}

}  // namespace bw::json
