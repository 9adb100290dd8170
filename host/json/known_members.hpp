// The one table of the members of a request that mean something to the host: OpenAI's own, and
// those of other vendors whose services take them on OpenAI's paths. A new name is one line of the
// table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bellwether::json {

enum class MemberRole : std::uint8_t {
    nothing,  // to the host; a plugin acts on it
    // Members that count at the top level of the request only.
    model,
    prompt,  // the member that holds the prompt of one of the operations
    stream,
    stream_options,
    user,
    safety_identifier,
    service_tier,
    search,    // asks for a search on the web, which is billed by the piece
    tools,     // one of which may be such a search
    detailed,  // lets the model look at more of each picture
    // Members that limit what a model generates, or ask for it. They count within a container, too.
    answer,       // tokens of a choice: OpenAI's own names
    other,        // the same under a name that not every upstream knows
    thinking,     // tokens of thinking, beside those of the answer
    shown,        // how many answers the client gets
    choices,      // how many are generated, though not all are shown
    free_switch,  // lets the model think beyond the limit of its answer
    wish,         // asks for thinking: a switch, an effort, or an object with these and limits
    hide,         // a switch or a word that keeps the thoughts out of the answer
    echo,         // the answer begins with the prompt
    container,    // an object whose members are read as if they stood beside it
};

enum class Spelling : std::uint8_t {
    any,    // upper or lower case, because some upstreams ignore the difference
    exact,  // in another case it is another member
    once,   // in another case, or twice, it is refused (member_names.hpp)
};

struct KnownMember {
    std::string_view name;
    MemberRole means;
    Spelling spelling = Spelling::any;
    std::uint8_t once = 0;  // an index among the members with Spelling::once
};
inline constexpr std::size_t k_once_max = 32;

// Finds a member by its name in lower case, however the table spells it. Null: it is not known.
const KnownMember* find_member(std::string_view folded);

// What a member of a prompt's part holds.
enum class PartRole : std::uint8_t {
    unknown,
    text,  // or something about the text, such as its format
    picture,
    sound,
    link,     // or data, of the kind of the member that it is in
    detail,   // of a picture
    content,  // text, or more parts
};
PartRole part_meaning(std::string_view name);

}  // namespace bellwether::json
