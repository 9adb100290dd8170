// Events of a stream that cannot be read: passed over, counted, and told of once a minute. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::openai {

namespace detail {

// A text without a byte order mark and without white space around it.
inline std::string_view bare(std::string_view text) {
    constexpr std::string_view k_mark = "\xEF\xBB\xBF";
    constexpr std::string_view k_space = " \t\r\n";
    while (!text.empty()) {
        if (k_space.find(text.front()) != k_space.npos) {
            text.remove_prefix(1);
        } else if (text.substr(0, k_mark.size()) == k_mark) {
            text.remove_prefix(k_mark.size());
        } else if (k_space.find(text.back()) != k_space.npos) {
            text.remove_suffix(1);
        } else {
            break;
        }
    }
    return text;
}

// "[DONE]", as some write it in quotes, with spaces or in small letters, and whatever follows it.
inline bool is_done(std::string_view text) {
    const auto skip = [&](std::string_view any) {
        text.remove_prefix(std::min(text.find_first_not_of(any), text.size()));
    };
    if (text.empty() || text.front() == '{') return false;
    skip("\"'\\ ");
    if (text.empty() || text.front() != '[') return false;
    skip("[ \"'");
    if (!equal_nocase(text.substr(0, 4), "done")) return false;
    text.remove_prefix(4);
    skip(" \"'");
    return !text.empty() && text.front() == ']';
}

}  // namespace detail

// Those of one provider.
class PassedOver {
  public:
    void add(const Host& host, std::string_view model, std::size_t bytes) {
        constexpr std::int64_t k_pause_ms = 60'000;
        ++count_;
        const std::int64_t now_ms = host.unix_time().count();
        // A clock that was set back ends the pause.
        if (told_ms_ >= 0 && now_ms >= told_ms_ && now_ms - told_ms_ < k_pause_ms) return;
        told_ms_ = now_ms;
        // What it said may be a part of an answer, and is nobody's business.
        host.log(LogLevel::warn, "passed over " + std::to_string(count_) +
                                     (count_ == 1 ? " event" : " events") +
                                     " that cannot be read, the last of " + std::to_string(bytes) +
                                     " bytes in an answer of " + json::quote(model));
        count_ = 0;
    }

  private:
    std::uint64_t count_ = 0;    // since they were told of
    std::int64_t told_ms_ = -1;  // when; -1: never
};

}  // namespace bw::v1::openai
