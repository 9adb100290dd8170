// The newest usage rows in memory, a bounded number of them. Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"

namespace bw::ledger {

class UsageRing {
  public:
    explicit UsageRing(std::size_t rows_max) : rows_max_(rows_max) {}

    void add(UsageRow row);
    // By time; what is added meanwhile is not among them.
    void each(Span span, const std::function<void(const UsageRow&)>& row) const;

  private:
    const std::size_t rows_max_;
    mutable Mutex mutex_;
    std::deque<UsageRow> rows_ GUARDED_BY(mutex_);
};

}  // namespace bw::ledger
