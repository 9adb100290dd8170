// The one table of the members of a request that mean something to the host: OpenAI's own and those
// of vendors, as services behind OpenAI's paths take them. A new word is one line of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bw::json {

enum class Means : std::uint8_t {
    nothing,  // to the host; a plugin acts on it
    // What is read from the request itself only.
    model,
    prompt,  // of one of the operations
    stream,
    stream_options,
    user,
    safety_identifier,
    service_tier,
    search,    // on the web, which is billed by the piece
    detailed,  // more of each picture is looked at
    // What bounds, or asks for, what a model generates. These count within a container too.
    answer,       // tokens of a choice: OpenAI's own names
    other,        // the same by a name that not every upstream knows
    thinking,     // tokens of thinking, beside those of the answer
    shown,        // how many answers
    choices,      // how many are generated, though not all are shown
    free_switch,  // lets the model think beyond the limit of its answer
    wish,         // a switch, a strength, or an object with one and with limits of thinking
    hide,         // a switch or a word that keeps the thoughts out of the answer
    echo,         // the answer begins with the prompt
    container,    // an object whose members are read as if they stood beside it
};

enum class Spelling : std::uint8_t {
    any,    // case does not count: some upstreams ignore it
    exact,  // in another case it is another member
    once,   // in another case, or twice, it is refused (member_names.hpp)
};

struct KnownMember {
    std::string_view name;
    Means means;
    Spelling spelling = Spelling::any;
    std::uint8_t once = 0;  // the number of a member that may be there once
};
inline constexpr std::size_t k_once_max = 32;

// By its name in any case; `folded` is in lower case. Null: nothing that is known.
const KnownMember* find_member(std::string_view folded);

// What a member of a prompt's part holds.
enum class PartMeans : std::uint8_t {
    unknown,
    text,  // or says how it is written
    picture,
    sound,
    link,     // of whatever it stands in
    detail,   // of a picture
    content,  // text, or more parts
};
PartMeans part_meaning(std::string_view name);

}  // namespace bw::json
