#include "ledger/usage_ring.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace bw::ledger {

void UsageRing::add(UsageRow row) {
    const Lock lock(mutex_);
    if (rows_.size() >= rows_max_) rows_.pop_front();
    rows_.push_back(std::move(row));
}

void UsageRing::each(Span span, const std::function<void(const UsageRow&)>& row) const {
    std::vector<UsageRow> found;
    {
        const Lock lock(mutex_);
        std::ranges::copy_if(rows_, std::back_inserter(found), [&](const UsageRow& each) {
            return each.time_us >= span.since_us && each.time_us < span.until_us;
        });
    }
    std::ranges::stable_sort(found, {}, &UsageRow::time_us);
    for (const auto& each : found) row(each);
}

}  // namespace bw::ledger
