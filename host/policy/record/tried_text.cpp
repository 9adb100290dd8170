#include "policy/record/tried_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>

#include "observe/error_type.hpp"

namespace bellwether::policy {
namespace {

std::string shown(std::string_view name) {
    std::string text(name);
    std::ranges::replace_if(
        text, [](char c) { return c <= 0x20 || c > 0x7e || c == ',' || c == ';'; }, '?');
    return text;
}

std::int64_t ms_of(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

std::string tried_text(std::span<const FailedAttempt> failures) {
    std::string text;
    auto add = std::back_inserter(text);
    for (const FailedAttempt& failed : failures) {
        const auto error = observe::error_types()[observe::error_type(failed.code, failed.kind)];
        fmt::format_to(add, "{}{}/{};error={};ms={}", text.empty() ? "" : ", ",
                       shown(failed.provider), shown(failed.model), error, ms_of(failed.duration));
        if (failed.wait.count() > 0) fmt::format_to(add, ";wait_ms={}", ms_of(failed.wait));
        if (failed.followed == Followed::hedge) text += ";hedged";
    }
    return text;
}

}  // namespace bellwether::policy
