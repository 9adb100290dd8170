#include "ledger/redis/store.hpp"

#include <algorithm>
#include <utility>

#include "ledger/redis/codec.hpp"
#include "ledger/redis/errand.hpp"
#include "ledger/redis/session.hpp"

namespace bellwether::ledger {
namespace {

constexpr const char* k_page_rows = "1000";
// How long a report waits until the settlements of this host are confirmed.
constexpr std::int64_t k_flush_ms = 2'000;
// How far the clocks of a host and of the server may differ. Up to this difference, a row may be
// written before the time at which its call began.
constexpr std::int64_t k_clock_error_ms = 60'000;

class RedisStore final : public Store {
  public:
    explicit RedisStore(RedisSettings settings)
        : settings_(std::move(settings)), host_(std::make_shared<RedisHost>(settings_)) {}

    Result<void> first_contact() { return host_->keeper.first_contact(); }

    std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) override {
        return std::make_unique<RedisSession>(loop, settings_, host_);
    }

    Result<std::vector<StoredCounter>> counters() override {
        host_->keeper.flush(k_flush_ms);
        const auto reply = RedisErrand(settings_, host_->scripts).run(Script::counters, {});
        if (!reply) return std::unexpected(reply.error());
        return to_counters(*reply);
    }

    Result<void> each_usage(TimeSpan span,
                            const std::function<void(const UsageRow&)>& row) override;

    Result<std::size_t> reset(std::string_view rule) override {
        host_->keeper.flush(k_flush_ms);
        RedisErrand errand(settings_, host_->scripts);
        const auto reply = errand.run(Script::reset, {escaped_rule(rule)});
        if (!reply) return std::unexpected(reply.error());
        return static_cast<std::size_t>(reply->integer);
    }

    bool flush(std::int64_t limit_ms) override { return host_->keeper.flush(limit_ms); }
    StoreHealth health() const override { return host_->keeper.health(); }

  private:
    const RedisSettings settings_;
    const std::shared_ptr<RedisHost> host_;
};

// The stream has the rows in the order in which the calls ended; the report has them in the order
// in which they began. It reads up to the row that was the last when it began, as otherwise new
// rows could keep it going for ever.
Result<void> RedisStore::each_usage(TimeSpan span,
                                    const std::function<void(const UsageRow&)>& row) {
    host_->keeper.flush(k_flush_ms);
    RedisErrand errand(settings_, host_->scripts);
    std::vector<UsageRow> rows;
    const std::string stream = host_->scripts->root + ":usage";
    const auto newest = errand.ask({"XREVRANGE", stream, "+", "-", "COUNT", "1"});
    if (!newest) return std::unexpected(newest.error());
    if (newest->elements.empty()) return {};
    const std::string last = newest->elements[0].elements[0].text;
    const std::int64_t from_ms = std::max<std::int64_t>(span.since_us / 1'000, 0);
    std::string from = std::to_string(std::max<std::int64_t>(from_ms - k_clock_error_ms, 0));
    while (true) {
        const auto page = errand.ask({"XRANGE", stream, from, last, "COUNT", k_page_rows});
        if (!page) return std::unexpected(page.error());
        if (page->elements.empty()) break;
        for (const RedisReply& entry : page->elements) {
            if (entry.elements.size() < 2) continue;
            UsageRow found = to_usage_row(entry.elements[1]);
            if (found.time_us < span.since_us || found.time_us >= span.until_us) continue;
            rows.push_back(std::move(found));
        }
        from = "(" + page->elements.back().elements[0].text;
    }
    std::ranges::stable_sort(rows, {}, &UsageRow::time_us);
    for (const UsageRow& found : rows) row(found);
    return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_redis(RedisSettings settings) {
    auto store = std::make_unique<RedisStore>(std::move(settings));
    if (auto contact = store->first_contact(); !contact) return std::unexpected(contact.error());
    return store;
}

Result<std::string> try_redis(const RedisSettings& settings) {
    RedisErrand errand(settings, std::make_shared<const RedisScripts>(settings));
    const auto connected = errand.connect();
    if (connected) return std::string();
    if (errand.refused()) {
        return fail(ErrorKind::unavailable, "the ledger cannot be kept: " + errand.why_not());
    }
    return connected.error().message;
}

}  // namespace bellwether::ledger
