#include "ledger/sqlite/thinning.hpp"

#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

// The pause while there are more old rows: 5,000 rows a second go, which is more than new ones
// come.
constexpr std::chrono::milliseconds k_between_batches{100};
constexpr std::chrono::minutes k_between_thinnings{1};

}  // namespace

SqliteThinning::SqliteThinning(Database& database, Statement remove, std::chrono::milliseconds keep,
                               Clock clock)
    : database_(&database),
      remove_(std::move(remove)),
      keep_us_(std::chrono::microseconds(keep).count()),
      clock_(std::move(clock)),
      due_(keep_us_ > 0 ? Moment{} : Moment::max()) {}

Result<SqliteThinning> SqliteThinning::prepare(Database& database, std::chrono::milliseconds keep,
                                               Clock clock) {
    auto remove = database.prepare(
        "DELETE FROM usage WHERE rowid IN "
        "(SELECT rowid FROM usage WHERE time_us < ? ORDER BY time_us LIMIT ?)");
    if (!remove) return std::unexpected(std::move(remove.error()));
    return SqliteThinning(database, *std::move(remove), keep, std::move(clock));
}

void SqliteThinning::look(Moment now) {
    if (now < due_) return;
    const auto removed = thin();
    if (!removed) {
        observe::warn("ledger: old usage rows stay for now: {}", removed.error().message);
    }
    const bool more = removed && *removed == k_thinned_at_once;
    due_ = now + (more ? Moment::duration(k_between_batches) : k_between_thinnings);
}

Result<std::size_t> SqliteThinning::thin() {
    remove_.bind(1, clock_() - keep_us_).bind(2, std::int64_t{k_thinned_at_once});
    if (auto done = remove_.run(); !done) return std::unexpected(std::move(done.error()));
    return database_->changes();
}

}  // namespace bellwether::ledger
