#include "ledger/sqlite/store.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "ledger/book.hpp"
#include "ledger/numbers.hpp"
#include "ledger/sqlite/file.hpp"
#include "ledger/sqlite/journal.hpp"
#include "ledger/sqlite/load.hpp"
#include "ledger/sqlite/report.hpp"
#include "ledger/sqlite/schema.hpp"
#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

// How long a report waits until the operations before it are in the file.
constexpr std::chrono::milliseconds k_report_waits{1'000};

class SqliteSession final : public LedgerSession {
  public:
    SqliteSession(Book& book, SqliteJournal& journal, const Clock& clock, HoldNumbers numbers,
                  boost::asio::io_context& loop)
        : book_(book),
          journal_(journal),
          clock_(clock),
          numbers_(numbers),
          waiters_(journal.durability().open(loop)) {}
    ~SqliteSession() override { journal_.durability().close(waiters_); }

    HoldId next_id() override { return numbers_.next(); }
    std::int64_t now_us() const override { return clock_(); }

    void hold(Hold hold, OnVerdict on_verdict) override {
        if (auto trouble = journal_.trouble()) {
            return on_verdict({.answer = HoldAnswer::unavailable, .reason = *std::move(trouble)});
        }
        auto verdict = book_.hold(std::move(hold), clock_());
        journal_.wake();
        on_verdict(std::move(verdict));
    }

    Written written(const HoldId& id) const override {
        if (journal_.durability().written() >= book_.sequence(id).value_or(0)) return Written::yes;
        return journal_.durability().failing() ? Written::cannot : Written::not_yet;
    }

    void when_durable(const HoldId& id, OnDurable on_durable) override {
        if (waiters_->wait(book_.sequence(id).value_or(0), std::move(on_durable))) {
            journal_.answer_waits();
        }
    }

    void settle(Settlement settlement) override {
        if (book_.settle(std::move(settlement), clock_())) journal_.wake();
    }

  private:
    Book& book_;
    SqliteJournal& journal_;
    const Clock& clock_;
    HoldNumbers numbers_;
    std::shared_ptr<Durability::Waiters> waiters_;
};

// The parts of the journal that `prepare` makes over one open database.
struct SqliteParts {
    static Result<SqliteParts> prepare(const std::string& name, Database& database,
                                       const Clock& clock, std::chrono::milliseconds keep_usage);

    BatchStatements statements;
    SqliteThinning thinning;
    SqlitePlace place;
};

class SqliteStore final : public LocalStore {
  public:
    SqliteStore(LockedFile file, std::unique_ptr<Database> database, SqliteParts parts, Clock clock,
                const SqliteSettings& settings)
        : clock_(std::move(clock)),
          file_(std::move(file)),
          journal_(std::move(database), std::move(parts.statements), std::move(parts.thinning),
                   std::move(parts.place), {.linger = settings.linger, .sync = settings.sync}),
          book_(&journal_, settings.counters_max) {}

    void restore(const std::vector<StoredTally>& tallies, std::vector<Hold> holds) {
        for (const auto number : book_.restore(tallies)) journal_.forgotten(number);
        book_.adopt(std::move(holds));
        journal_.wake();
    }

    std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) override {
        return std::make_unique<SqliteSession>(book_, journal_, clock_, source_.open(), loop);
    }
    Result<std::vector<StoredCounter>> counters() override { return book_.counters(clock_()); }
    Result<void> each_usage(TimeSpan span,
                            const std::function<void(const UsageRow&)>& row) override {
        if (auto there = journal_.place().check_database(); !there) {
            return std::unexpected(std::move(there.error()));
        }
        // If the file cannot be written now, the report shows what is in it.
        if (!journal_.failing()) (void)journal_.flush(k_report_waits);
        auto report = SqliteReport::open(file_.path());
        if (!report) return std::unexpected(std::move(report.error()));
        return report->each_usage(span, row);
    }
    Result<std::size_t> reset(std::string_view rule) override {
        const auto count = book_.reset(rule, clock_());
        journal_.wake();
        return count;
    }
    bool flush(std::int64_t limit_ms) override {
        return journal_.flush(std::chrono::milliseconds(limit_ms));
    }
    MovedStore contents() const override {
        return {.file = file_.identity(), .holds = book_.holds(), .tallies = {}, .usage = {}};
    }
    std::size_t size() const override { return book_.tallies(); }
    Result<void> in_place() override {
        if (auto there = journal_.place().check_database(); !there) return there;
        if (auto trouble = journal_.trouble()) {
            return fail(ErrorKind::unavailable, *std::move(trouble));
        }
        return {};
    }
    StoreHealth health() const override { return {.available = !journal_.failing()}; }

  private:
    const Clock clock_;
    const LockedFile file_;  // before journal_, so that it is unlocked when all is written
    SqliteJournal journal_;
    Book book_;
    HoldNumberSource source_;
};

// WAL mode: readers never wait for the writer, and a log that grew large because of a slow reader
// is cut down to 64 MiB. synchronous=NORMAL: a commit does not wait for the disk, as the journal
// flushes the log itself, once for several commits. A checkpoint does wait for it, so a power cut
// may lose the last commits but never damages the file.
Result<void> configure(Database& database) {
    const auto mode = database.text("PRAGMA journal_mode=WAL");
    if (!mode) return std::unexpected(mode.error());
    if (*mode != "wal") {
        return fail(ErrorKind::unavailable,
                    fmt::format("{}: the file system cannot share memory between processes, which "
                                "SQLite's write-ahead log needs; name a file on a local disk",
                                database.path()));
    }
    return database.run(
        "PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=67108864; PRAGMA trusted_schema=OFF");
}

Result<std::unique_ptr<Database>> open_database(const std::string& path, bool as_it_is) {
    auto database = Database::open(path, Database::Access::write);
    if (!database) return database;
    const auto known = schema_version(**database);  // before anything is changed
    if (!known) return std::unexpected(known.error());
    if (as_it_is && *known != k_schema_version) {
        return fail(ErrorKind::invalid,
                    fmt::format("{}: this version of the program keeps the ledger in other tables "
                                "(schema {}, in the file: {}), and could not give it back; stop "
                                "the host and start this version instead",
                                path, k_schema_version, *known));
    }
    if (auto done = configure(**database); !done) return std::unexpected(std::move(done.error()));
    if (auto done = migrate(**database); !done) return std::unexpected(std::move(done.error()));
    return database;
}

Result<std::vector<StoredTally>> load(Database& database, const std::vector<Hold>& alive) {
    const auto dead = settle_dead_holds(database, alive);
    if (!dead) return std::unexpected(dead.error());
    if (*dead > 0) {
        observe::warn(
            "ledger: {}: calls settled at their estimates, as the host ended before they "
            "did: {}",
            database.path(), *dead);
    }
    auto tallies = load_budgets(database);
    if (!tallies) return tallies;
    auto rates = load_rates(database);
    if (!rates) return rates;
    std::ranges::move(*rates, std::back_inserter(*tallies));
    return tallies;
}

Result<SqliteParts> SqliteParts::prepare(const std::string& name, Database& database,
                                         const Clock& clock, std::chrono::milliseconds keep_usage) {
    auto statements = BatchStatements::prepare(database);
    if (!statements) return std::unexpected(std::move(statements.error()));
    auto thinning = SqliteThinning::prepare(database, keep_usage, clock);
    if (!thinning) return std::unexpected(std::move(thinning.error()));
    auto place = SqlitePlace::find(name, database);
    if (!place) return std::unexpected(std::move(place.error()));
    return SqliteParts{*std::move(statements), *std::move(thinning), *std::move(place)};
}

}  // namespace

Result<std::unique_ptr<LocalStore>> open_sqlite(const std::string& path, Clock clock,
                                                SqliteSettings settings,
                                                std::optional<MovedStore> moved) {
    std::vector<Hold> holds = moved ? std::move(moved->holds) : std::vector<Hold>();
    const FileIdentity known = moved ? moved->file : FileIdentity();
    if (known == FileIdentity()) {
        if (auto done = make_folder(path); !done) return std::unexpected(std::move(done.error()));
    }
    auto file = LockedFile::take(path, known);
    if (!file) return std::unexpected(std::move(file.error()));
    auto database = open_database(file->path(), moved.has_value());
    if (!database) return std::unexpected(std::move(database.error()));
    const auto tallies = load(**database, holds);
    if (!tallies) return std::unexpected(tallies.error());
    auto parts = SqliteParts::prepare(path, **database, clock, settings.keep_usage);
    if (!parts) return std::unexpected(std::move(parts.error()));
    if (file->is_new()) observe::info("ledger: {} is new: nothing is used yet", file->path());
    for (const auto& fault : access_faults(file->path())) observe::warn("ledger: {}", fault);
    auto store = std::make_unique<SqliteStore>(*std::move(file), *std::move(database),
                                               *std::move(parts), std::move(clock), settings);
    store->restore(*tallies, std::move(holds));
    return store;
}

Result<void> try_sqlite(const std::string& path, bool with_parents) {
    if (auto folder = would_make_folder(path, with_parents); !folder) return folder;
    if (auto file = LockedFile::would_take(path); !file) return file;
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error);
    if (error) return {};  // it is yet to be made
    auto database = Database::open(real.string(), Database::Access::look);
    if (!database) return std::unexpected(std::move(database.error()));
    const auto version = schema_version(**database);
    if (!version) return std::unexpected(version.error());
    if (*version == 0) return {};  // it is empty
    if (const auto budgets = load_budgets(**database); !budgets) {
        return std::unexpected(budgets.error());
    }
    if (const auto rates = load_rates(**database); !rates) return std::unexpected(rates.error());
    return {};
}

}  // namespace bellwether::ledger
