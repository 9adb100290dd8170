// The ids of tool calls: of those that an upstream leaves without one, and for upstreams that take
// no others. Part of <bellwether/chat/reply.hpp> and <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/version.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::chat {

// The id of a call whose upstream gave it none: the same whenever it is asked for, and unlike those
// of other answers, for clients keep them in one conversation.
inline std::string made_up_id(std::uint64_t seed, std::uint64_t choice, std::int64_t index) {
    constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15;
    std::uint64_t state = seed ^ (choice + 1) * k_odd ^ (static_cast<std::uint64_t>(index) << 32);
    std::string id = "call_";
    for (int i = 0; i < 24; ++i) {
        state += k_odd;
        std::uint64_t mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        id += "0123456789abcdefghijklmnopqrstuv"[(mixed ^ mixed >> 31) & 31];
    }
    return id;
}

// An id for upstreams that know only letters, digits, '-' and '_' in it: a conversation may have
// begun at another one. The same for a call and for its result.
inline std::string plain_id(std::string id) {
    for (char& c : id) {
        if (!ascii::is_alnum(c) && c != '-') c = '_';
    }
    return id;
}

// A seed for made_up_id of whatever tells one answer from others, such as its id.
inline std::uint64_t seed_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    return hash;
}

}  // namespace bw::v1::chat
