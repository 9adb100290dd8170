#include "policy/attempts/next_step.hpp"

namespace bw::policy {
namespace {

// The error code of a plugin that had added something to the request which the upstream refused.
// The plugin leaves it out from now on, so that a second try may succeed.
constexpr std::string_view k_addition_refused = "addition_refused";

// The most bytes of chunks without content that are held back. An upstream that sends more is taken
// to mean something by them.
constexpr std::size_t k_held_bytes_max = 64u << 10;

}  // namespace

ChunkStep step_of_chunk(Commitment commitment, bool has_content, std::size_t held_bytes) {
    if (commitment == Commitment::committed) return ChunkStep::relay;
    if (has_content || held_bytes > k_held_bytes_max) return ChunkStep::commit;
    return ChunkStep::hold_back;
}

NextStep step_after_failure(const FailedTry& failed, ErrorKind kind, std::string_view code) {
    if (failed.commitment == Commitment::committed || failed.is_late) return NextStep::give_up;
    if (code == k_addition_refused && !failed.asked_again) return NextStep::same_target_again;
    if (failed.another_target && may_fall_back(kind)) return NextStep::next_target;
    return NextStep::give_up;
}

bool may_fall_back(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid:
        case ErrorKind::content_filter:
        case ErrorKind::budget:
        case ErrorKind::cancelled: return false;
        default: return true;
    }
}

}  // namespace bw::policy
