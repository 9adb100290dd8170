// What an upstream answers to one request, step by step, as chance will have it. What a good answer
// says is marked with the number of its exchange, so that a client can tell whether anything has
// reached it twice, or of two answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "chance.hpp"
#include "net/transport.hpp"
#include "weather.hpp"

namespace bellwether::simulator {

struct Head {
    int status;
    std::string content_type;
    std::string wait_name;  // of the header that says when to come back; empty: there is none
    std::string wait;
};
struct End {
    std::optional<net::Failure> failure;
};
// What comes next, and how long after what came before.
struct Step {
    std::chrono::milliseconds wait;
    std::variant<Head, std::string, End> what;
    bool has_content = false;  // with it the first content of the answer has come
};
using Script = std::deque<Step>;

struct Asked {
    // Whose number its words have, and that of the first one: of an answer that was begun in
    // another exchange, those that come next in it.
    std::uint64_t exchange = 0;
    std::int64_t first_word = 0;
    bool stream = false;
    std::int64_t max_tokens = 0;    // 0: the request does not say
    bool is_often_refused = false;  // its prompt is, as too long or for what it says
};

// What an error of an upstream means for its call: whether another target may do better.
enum class Blame : std::uint8_t {
    upstream,
    request,  // it is wrong everywhere
    length,   // its prompt is too long here
    content,  // its prompt is refused
    key,      // another key may do
};

// What an answer says of the key that its request came with.
enum class OfKey : std::uint8_t {
    nothing,
    refuses,
    accepts,
    unclear,  // what the host makes of the answer is not known
};

struct Answer {
    Script steps;
    Blame blame = Blame::upstream;  // of an answer that is an error
    OfKey of_key = OfKey::nothing;
    bool is_true = true;  // the usage that it reports is within what the request allows
};

Answer answer_of(Chance& chance, Sky sky, const Asked& asked);
// Of an upstream that does not take the key.
Answer answer_of(Chance& chance, KeySky sky);

}  // namespace bellwether::simulator
