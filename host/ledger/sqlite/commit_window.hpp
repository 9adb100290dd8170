// `CommitWindow` decides when the journal commits, and how much. A hold that is lost when the host
// is killed was never counted, so holds are written soon, and without waiting for anything else. A
// settlement may linger: if it is lost, the call still counts with its hold. Pure: the caller gives
// the time.
#pragma once

#include <chrono>
#include <cstdint>

#include "config/config.hpp"

namespace bellwether::ledger {

// How long a hold waits at most until its commit begins, unless another commit is under way. So a
// kill of the host loses only holds that were given within this time and the time of a commit or
// two before.
inline constexpr std::chrono::milliseconds k_holds_linger_max{2};

enum class Extent : std::uint8_t { holds, all };

// Whether to wait, after the commit, until the disk has it. That takes longer than all the rest.
enum class Wait : std::uint8_t { for_file, for_disk };

struct Commit {
    Extent extent = Extent::all;
    Wait wait = Wait::for_disk;
};

class CommitWindow {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // An operation is in the file after `linger` at most and, with Sync::disk, on the disk after
    // twice that time. If `linger` is 0, both happen at once.
    CommitWindow(std::chrono::milliseconds linger, config::Sync sync)
        : linger_(linger), sync_(sync) {}

    void hold_came(Moment now);
    void other_came(Moment now);
    // An answer may not go out before its hold is durable: commit the holds at once.
    void answer_waits() { answer_waits_ = true; }
    // A flush, or the end of the host, waits until all is written: commit all at once.
    void all_wanted() { all_wanted_ = true; }

    // When to commit next. Moment::max(): there is nothing to write; Moment::min(): at once.
    Moment due() const;
    // What to commit now. What it names is no longer due afterwards.
    Commit take(Moment now);

  private:
    const std::chrono::milliseconds linger_;
    const config::Sync sync_;
    Moment holds_due_ = Moment::max();
    Moment all_due_ = Moment::max();
    Moment disk_due_ = Moment::max();
    bool answer_waits_ = false;
    bool all_wanted_ = false;
};

}  // namespace bellwether::ledger
