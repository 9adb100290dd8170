// What becomes of a chunk of an attempt, and what follows an attempt that failed. Pure: content
// that has gone to the client decides everything, and these are the only places where it is
// weighed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace bw::policy {

// From the first content on, an answer is its attempt's, and no other target can be tried.
enum class Commitment : std::uint8_t { none, committed };

enum class ChunkStep : std::uint8_t {
    hold_back,  // another target may still answer
    commit,     // what was held back goes out, and then this chunk
    relay,
};

// `held_bytes`: of the chunks that came so far, with this one.
ChunkStep step_of_chunk(Commitment commitment, bool has_content, std::size_t held_bytes);

struct FailedTry {
    Commitment commitment = Commitment::none;
    bool is_late = false;         // the client's own deadline has passed
    bool asked_again = false;     // the target had a second try already
    bool another_target = false;  // one that is not known to have no room
};

enum class NextStep : std::uint8_t { same_target_again, next_target, give_up };

NextStep step_after_failure(const FailedTry& failed, ErrorKind kind, std::string_view code);

// May another target do better? Nothing that a different provider would refuse as well.
bool may_fall_back(ErrorKind kind);

}  // namespace bw::policy
