#include "policy/attempts/next_step.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>

namespace bellwether::policy {
namespace {

// The error code of a plugin that had added something to the request which the upstream refused.
// The plugin leaves it out from now on, so that a second try may succeed.
constexpr std::string_view k_addition_refused = "addition_refused";

// The most bytes of chunks without content that are held back. An upstream that sends more is taken
// to mean something by them.
constexpr std::size_t k_held_bytes_max = 64u << 10;

// Why the call cannot be tried there; nothing: it can.
std::optional<GiveUp> why_not(const FailedTry& failed, const NextTry& next) {
    if (failed.commitment == Commitment::continuable && !next.continues) {
        return GiveUp::nobody_else;
    }
    // A provider has several credentials so that one of them may be refused.
    if (failed.attempts >= failed.attempts_max && !next.other_key) {
        // Where one try is all that is allowed, the operator leaves repeating to the clients.
        return failed.attempts_max > 1 ? GiveUp::attempts_spent : GiveUp::nobody_else;
    }
    if (next.wait >= failed.left) return GiveUp::no_time;
    if (!next.is_budgeted() || failed.repeats == Repeats::allowed) return std::nullopt;
    return failed.repeats == Repeats::spent ? GiveUp::budget_spent : GiveUp::nobody_else;
}

// Statuses of 4xx say that the request is at fault, but for those that speak of the moment.
bool blames_request(int status) {
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

// So much later a target that is well may be tried than one that would probably fail.
constexpr std::chrono::seconds k_reluctance{2};

bool comes_before(const NextTry& one, const NextTry& other) {
    const auto key = [](const NextTry& next) {
        const bool reluctant = next.failing || next.last_resort;
        const Clock::duration wait = next.wait + (reluctant ? k_reluctance : Clock::duration(0));
        return std::tuple(wait, next.last_resort, next.failing, next.repeats, next.target);
    };
    return key(one) < key(other);
}

}  // namespace

ChunkStep step_of_chunk(Commitment commitment, bool has_content, std::size_t held_bytes) {
    if (commitment != Commitment::none) return ChunkStep::relay;
    if (has_content || held_bytes > k_held_bytes_max) return ChunkStep::commit;
    return ChunkStep::hold_back;
}

NextStep step_after_failure(const FailedTry& failed, std::span<const NextTry> open) {
    if (failed.is_late) return GiveUp::late;
    if (failed.commitment == Commitment::committed) return GiveUp::nobody_else;
    const bool whole = failed.commitment == Commitment::none;
    if (whole && failed.code == k_addition_refused && !failed.asked_again) return AskAgain{};
    const NextTry* best = nullptr;
    GiveUp why = GiveUp::nobody_else;
    for (const NextTry& next : open) {
        const auto reason = why_not(failed, next);
        if (reason) {
            why = std::max(why, *reason);
        } else if (best == nullptr || comes_before(next, *best)) {
            best = &next;
        }
    }
    return best == nullptr ? NextStep(why) : NextStep(*best);
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

bool may_pass(const Error& error) {
    switch (error.kind) {
        case ErrorKind::rate:
        case ErrorKind::protocol:
        case ErrorKind::timeout: return true;
        case ErrorKind::upstream: return !blames_request(error.http_status);
        case ErrorKind::unreachable: return error.code != k_tls_error;
        default: return false;
    }
}

}  // namespace bellwether::policy
