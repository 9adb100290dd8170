// Decides what happens to a chunk of an attempt, and what follows an attempt that failed. Both
// depend on whether content has gone to the client. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace bw::policy {

// Whether content of an attempt has gone to the client. From then on no other target can be tried.
enum class Commitment : std::uint8_t { none, committed };

enum class ChunkStep : std::uint8_t {
    hold_back,  // another target may still answer
    commit,     // what was held back goes out, and then this chunk
    relay,
};

// `held_bytes`: the size of all chunks that have come so far, this one included.
ChunkStep step_of_chunk(Commitment commitment, bool has_content, std::size_t held_bytes);

struct FailedTry {
    Commitment commitment = Commitment::none;
    bool is_late = false;         // the client's own deadline has passed
    bool asked_again = false;     // the target had a second try already
    bool another_target = false;  // there is another one that may have room
};

enum class NextStep : std::uint8_t { same_target_again, next_target, give_up };

NextStep step_after_failure(const FailedTry& failed, ErrorKind kind, std::string_view code);

// Whether another target may succeed after an error of this kind. False for an error that a
// different provider would give as well, and for a call that was cancelled.
bool may_fall_back(ErrorKind kind);

}  // namespace bw::policy
