#include "ledger/memory.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/book.hpp"
#include "ledger/numbers.hpp"

namespace bellwether::ledger {
namespace {

// The newest usage rows, a bounded number of them. Any thread.
class UsageRing {
  public:
    explicit UsageRing(std::size_t rows_max) : rows_max_(rows_max) {}

    void add(UsageRow row) {
        const Lock lock(mutex_);
        if (rows_.size() >= rows_max_) rows_.pop_front();
        rows_.push_back(std::move(row));
    }
    // Calls `row` for each row of the span, in the order of time. A row that is added meanwhile is
    // not among them.
    void each(TimeSpan span, const std::function<void(const UsageRow&)>& row) const {
        std::vector<UsageRow> found = within(span);
        std::ranges::stable_sort(found, {}, &UsageRow::time_us);
        for (const auto& each : found) row(each);
    }
    std::vector<UsageRow> all() const {
        const Lock lock(mutex_);
        return {rows_.begin(), rows_.end()};
    }

  private:
    std::vector<UsageRow> within(TimeSpan span) const {
        std::vector<UsageRow> found;
        const Lock lock(mutex_);
        std::ranges::copy_if(rows_, std::back_inserter(found), [&](const UsageRow& each) {
            return each.time_us >= span.since_us && each.time_us < span.until_us;
        });
        return found;
    }

    const std::size_t rows_max_;
    mutable Mutex mutex_;
    std::deque<UsageRow> rows_ GUARDED_BY(mutex_);
};

// The journal of the memory store: it keeps the usage rows and nothing else.
class UsageJournal final : public Journal {
  public:
    explicit UsageJournal(std::size_t rows_max) : rows(rows_max) {}

    std::uint64_t held(std::shared_ptr<const HeldCall>, std::vector<Mark>) override { return 0; }
    void settled(std::shared_ptr<const HeldCall>, Settlement settlement,
                 std::vector<Mark>) override {
        if (settlement.recorded) rows.add(std::move(settlement.usage));
    }
    void reset(std::vector<Mark>) override {}
    void forgotten(std::uint64_t) override {}

    UsageRing rows;
};

class MemorySession final : public LedgerSession {
  public:
    MemorySession(Book& book, const Clock& clock, HoldNumbers numbers)
        : book_(book), clock_(clock), numbers_(numbers) {}

    HoldId next_id() override { return numbers_.next(); }
    std::int64_t now_us() const override { return clock_(); }
    void hold(Hold hold, OnVerdict on_verdict) override {
        on_verdict(book_.hold(std::move(hold), clock_()));
    }
    void when_durable(const HoldId&, OnDurable on_durable) override { on_durable(true); }
    void settle(Settlement settlement) override { book_.settle(std::move(settlement), clock_()); }

  private:
    Book& book_;
    const Clock& clock_;
    HoldNumbers numbers_;
};

class MemoryStore final : public LocalStore {
  public:
    MemoryStore(Clock clock, const MemorySettings& settings)
        : clock_(std::move(clock)),
          journal_(settings.rows_max),
          book_(&journal_, settings.counters_max) {}

    void restore(MovedStore moved) {
        for (auto& row : moved.usage) journal_.rows.add(std::move(row));
        book_.restore(moved.tallies);
        book_.adopt(std::move(moved.holds));
    }
    MovedStore contents() const override {
        return {.file = {},
                .holds = book_.holds(),
                .tallies = book_.stored(),
                .usage = journal_.rows.all()};
    }

    std::size_t size() const override { return book_.tallies(); }

    std::unique_ptr<LedgerSession> open(boost::asio::io_context&) override {
        return std::make_unique<MemorySession>(book_, clock_, source_.open());
    }
    Result<std::vector<StoredCounter>> counters() override { return book_.counters(clock_()); }
    Result<void> each_usage(TimeSpan span,
                            const std::function<void(const UsageRow&)>& row) override {
        journal_.rows.each(span, row);
        return {};
    }
    Result<std::size_t> reset(std::string_view rule) override {
        return book_.reset(rule, clock_());
    }
    bool flush(std::int64_t) override { return true; }

  private:
    const Clock clock_;
    UsageJournal journal_;
    Book book_;
    HoldNumberSource source_;
};

}  // namespace

std::unique_ptr<LocalStore> open_memory(Clock clock, MemorySettings settings, MovedStore moved) {
    auto store = std::make_unique<MemoryStore>(std::move(clock), settings);
    store->restore(std::move(moved));
    return store;
}

}  // namespace bellwether::ledger
