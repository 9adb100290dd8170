#include "plugin/isolated/last_words.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "observe/log.hpp"

namespace bellwether::plugin::isolated {

void LastWords::read() {
    constexpr std::size_t k_line_bytes_max = 1024;
    constexpr std::size_t k_blocks_max = 16;  // as much as a pipe holds
    char block[4096];
    for (std::size_t blocks = 0; blocks < k_blocks_max; ++blocks) {
        const ssize_t got = ::read(output_, block, sizeof(block));
        if (got == 0) is_open_ = false;
        if (got <= 0) return;
        for (const char c : std::string_view(block, static_cast<std::size_t>(got))) {
            if (c != '\n' && begun_.size() < k_line_bytes_max) {
                begun_ += c;
            } else {
                take(begun_);
                begun_.clear();
            }
        }
    }
}

// A line from a process that nobody trusts: what is no printable ASCII is not passed on.
void LastWords::take(std::string_view line) {
    constexpr std::string_view k_of_crash = "bellwether: ";
    std::string words(line);
    std::ranges::replace_if(
        words, [](char c) { return c < 0x20 || c == 0x7f; }, '?');
    if (words.starts_with(k_of_crash)) {
        place_ = words.substr(k_of_crash.size());
        return;
    }
    if (!told_.may(observe::Seldom::Clock::now())) return;
    observe::info("provider \"{}\": its plugin's process wrote: {}", provider_, words);
}

}  // namespace bellwether::plugin::isolated
