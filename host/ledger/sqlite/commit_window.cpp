#include "ledger/sqlite/commit_window.hpp"

#include <algorithm>

namespace bellwether::ledger {

void CommitWindow::hold_came(Moment now) {
    holds_due_ = std::min(holds_due_, now + k_holds_linger_max);
    other_came(now);
}

void CommitWindow::other_came(Moment now) {
    all_due_ = std::min(all_due_, now + linger_);
    if (sync_ == config::Sync::disk) disk_due_ = std::min(disk_due_, now + 2 * linger_);
}

CommitWindow::Moment CommitWindow::due() const {
    if (answer_waits_ || all_wanted_) return Moment::min();
    return std::min({holds_due_, all_due_, disk_due_});
}

// A commit also takes what would be due within k_holds_linger_max, before the next holds can be.
// That saves a commit.
Commit CommitWindow::take(Moment now) {
    const auto soon = now + k_holds_linger_max;
    const bool all = all_wanted_ || all_due_ <= soon;
    const bool disk = all_wanted_ || answer_waits_ || disk_due_ <= soon;
    holds_due_ = Moment::max();
    answer_waits_ = false;
    all_wanted_ = false;
    if (all) all_due_ = Moment::max();
    const bool lingers = all_due_ != Moment::max();
    if (disk)
        disk_due_ = lingers && sync_ == config::Sync::disk ? all_due_ + linger_ : Moment::max();
    return {.extent = all ? Extent::all : Extent::holds,
            .wait = disk ? Wait::for_disk : Wait::for_file};
}

}  // namespace bellwether::ledger
