// The words of the answers of upstreams: "<12:0><12:1>" are the first two of exchange 12.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules.hpp"

namespace bellwether::simulator {

struct Words {
    std::uint64_t exchange = 0;
    std::int64_t end = 0;  // one past the number of the last one
    std::int64_t count = 0;
};

// Requires that they are whole, of one exchange and in order.
inline Words read_words(std::string_view text) {
    Words words;
    while (text.starts_with('<')) {
        const auto colon = text.find(':');
        const auto end = text.find('>');
        require(colon < end && end != text.npos, "words are whole");
        const std::uint64_t exchange = std::strtoull(text.data() + 1, nullptr, 10);
        const std::int64_t number = std::strtoll(text.data() + colon + 1, nullptr, 10);
        require(words.count == 0 || (exchange == words.exchange && number == words.end),
                "words are of one answer, in order");
        words = {.exchange = exchange, .end = number + 1, .count = words.count + 1};
        text.remove_prefix(end + 1);
    }
    return words;
}

}  // namespace bellwether::simulator
