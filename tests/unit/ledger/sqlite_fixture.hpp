// A folder for SQLite ledgers that goes when the test ends.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "clock_under_test.hpp"
#include "ledger/sqlite/database.hpp"
#include "ledger/sqlite/file.hpp"
#include "ledger/sqlite/report.hpp"
#include "ledger/sqlite/store.hpp"
#include "store_suite.hpp"

namespace bellwether::ledger {

class Folder {
  public:
    Folder() {
        auto name = (std::filesystem::path(testing::TempDir()) / "ledger-XXXXXX").string();
        if (::mkdtemp(name.data())) path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::string& path() const { return path_; }
    std::string file() const { return path_ + "/ledger.db"; }

  private:
    std::string path_;
};

class SqliteTest : public testing::Test {
  protected:
    std::unique_ptr<Store> open(const SqliteSettings& settings = {}) {
        auto store = open_sqlite(folder_.file(), clock_.clock(), settings);
        EXPECT_TRUE(store) << store.error().message;
        return store ? *std::move(store) : nullptr;
    }
    // A trial that was made before must have said the same.
    std::string refusal() {
        const auto tried = try_sqlite(folder_.file(), false);
        const auto store = open_sqlite(folder_.file(), clock_.clock());
        const std::string said = store ? "opened" : store.error().message;
        EXPECT_EQ(tried ? "opened" : tried.error().message, said);
        return said;
    }
    std::string file() const { return folder_.file(); }

    // By another program, so to say.
    void run_sql(const std::string& sql) {
        ASSERT_TRUE(std::ofstream(file(), std::ios::app)) << "the file is made if it is missing";
        auto database = Database::open(file(), Database::Access::write);
        ASSERT_TRUE(database) << database.error().message;
        const auto done = (*database)->run(sql.c_str());
        ASSERT_TRUE(done) << done.error().message;
    }
    std::int64_t number(const std::string& sql) {
        auto database = Database::open(file(), Database::Access::read);
        EXPECT_TRUE(database) << database.error().message;
        return database ? (*database)->integer(sql).value_or(-1) : -1;
    }

    static std::vector<UsageRow> rows(Store& store) {
        EXPECT_TRUE(store.flush(10'000));
        std::vector<UsageRow> rows;
        EXPECT_TRUE(store.each_usage({}, [&](const UsageRow& row) { rows.push_back(row); }));
        return rows;
    }
    static std::int64_t used(Store& store, const std::string& rule) {
        const auto counters = store.counters().value();
        for (const auto& counter : counters) {
            if (counter.name.rule == rule) return counter.used;
        }
        return -1;
    }

    Folder folder_;
    ClockUnderTest clock_;
};

}  // namespace bellwether::ledger
