// When the journal writes, and how much of what it was told. Holds are the unsafe side: a hold that
// a kill loses was never counted. So they go to the file soon, by themselves; all else lingers, for
// a settlement that is lost was held. A pure function of what came and of the time that is given.
#pragma once

#include <chrono>
#include <cstdint>

#include "config/config.hpp"

namespace bw::ledger {

// Nothing is known to be sent and not to be in the file for longer than that, but for the time
// that the commit itself takes.
inline constexpr std::chrono::milliseconds k_holds_linger_max{2};

enum class Extent : std::uint8_t { holds, all };

// Whether to wait until the disk has it, which costs more than all the rest.
enum class Wait : std::uint8_t { for_file, for_disk };

struct Commit {
    Extent extent = Extent::all;
    Wait wait = Wait::for_disk;
};

class CommitWindow {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // How long anything may wait to be written, and half of how long to be on the disk; 0: it is
    // there at once.
    CommitWindow(std::chrono::milliseconds linger, config::Sync sync)
        : linger_(linger), sync_(sync) {}

    void hold_came(Moment now);
    void other_came(Moment now);
    // An answer is there, and its hold is not durable.
    void answer_waits() { answer_waits_ = true; }
    // Somebody waits until nothing is left.
    void all_wanted() { all_wanted_ = true; }

    // When to write. Moment::max(): there is nothing to be written; Moment::min(): at once.
    Moment due() const;
    // What to write now; what came is taken.
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

}  // namespace bw::ledger
