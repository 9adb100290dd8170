// Disks that are full, folders that cannot be written: clear errors, nothing lost, no crash.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

using testing::HasSubstr;

// While it lives, files of this process cannot grow beyond the limit, as on a full disk.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        ignored_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, ignored_);
    }

  private:
    rlimit before_{};
    void (*ignored_)(int) = SIG_DFL;
};

// While it lives, the process is nobody, for whom permissions count.
class Nobody {
  public:
    explicit Nobody(const std::string& folder) {
        if (::geteuid() != 0) return;
        EXPECT_EQ(::chown(folder.c_str(), k_nobody, k_nobody), 0);
        was_root_ = ::seteuid(k_nobody) == 0;
    }
    ~Nobody() {
        if (!was_root_) return;
        EXPECT_EQ(::seteuid(0), 0);
    }

  private:
    static constexpr uid_t k_nobody = 65534;
    bool was_root_ = false;
};

// Calls until the store says that it cannot; gives why.
std::string call_until_unavailable(Till& till, std::vector<HoldId>& held) {
    for (int i = 0; i < 200'000; ++i) {
        const auto id = till.session().next_id();
        const auto verdict = till.hold(id, {budget("b", 1, 1'000'000'000)});
        if (verdict.answer == HoldAnswer::unavailable) return verdict.reason;
        held.push_back(id);
        if (i % 3 == 0) till.settle(id, {1}, std::to_string(id.number));
    }
    return "never";
}

void expect_recovery(Store& store, Till& till, const std::vector<HoldId>& held) {
    till.run([&] { return till.held({budget("b", 1, 1'000'000'000)}).has_value(); });
    for (const auto& id : held) till.settle(id, {1}, std::to_string(id.number));
    ASSERT_TRUE(store.flush(20'000));
    int rows = 0;
    ASSERT_TRUE(store.each_usage({}, [&](const UsageRow&) { ++rows; }));
    EXPECT_EQ(rows, std::ssize(held)) << "what was taken is written, once";
}

TEST_F(SqliteTest, WithAFullDiskNoCallIsTakenAndNothingIsLost) {
    std::vector<HoldId> held;
    {
        const auto store = open();
        Till till(*store);
        std::string reason;
        {
            const FileSizeLimit limit(256 * 1024);
            reason = call_until_unavailable(till, held);
            EXPECT_FALSE(store->flush(100));
        }
        EXPECT_THAT(reason, HasSubstr("the ledger cannot be written"));
        EXPECT_THAT(reason, HasSubstr(file()));
        expect_recovery(*store, till, held);
    }
    const auto store = open();
    EXPECT_EQ(used(*store, "b"), std::ssize(held) + 1) << "and the one that told of recovery";
}

// Who waits to give an answer out must learn that the wait has no end in sight.
TEST_F(SqliteTest, AHoldThatCannotBeWrittenIsToldOfAndStaysToBeWritten) {
    const auto store = open();
    Till till(*store);
    std::optional<HoldId> id;
    {
        const FileSizeLimit limit(0);
        id = till.held({budget("b", 5, 10)});
        ASSERT_TRUE(id);
        std::optional<bool> first;
        till.session().when_durable(*id, [&](bool durable) { first = durable; });
        till.run([&] { return first.has_value(); });
        EXPECT_EQ(first, false);
        std::optional<bool> again;
        till.session().when_durable(*id, [&](bool durable) { again = durable; });
        EXPECT_FALSE(again) << "told from inside, where a call must not end";
        till.run([&] { return again.has_value(); });
        EXPECT_EQ(again, false);
        EXPECT_EQ(till.ask({budget("b", 1, 10)}).answer, HoldAnswer::unavailable);
    }
    ASSERT_TRUE(store->flush(10'000));
    EXPECT_TRUE(till.durable(*id));
    till.settle(*id, {3});
    EXPECT_EQ(rows(*store).size(), 1u);
    EXPECT_EQ(used(*store, "b"), 3);
}

TEST_F(SqliteTest, AHostEndsThoughItsDiskIsFull) {
    std::vector<HoldId> held;
    {
        const FileSizeLimit limit(256 * 1024);
        const auto store = open();
        Till till(*store);
        EXPECT_NE(call_until_unavailable(till, held), "never");
    }
    EXPECT_TRUE(open()) << "what was written before is whole";
}

TEST_F(SqliteTest, WithAFullFileSystemNoCallIsTakenAndNothingIsLost) {
    if (::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=512k") != 0) {
        GTEST_SKIP() << "needs the right to mount a file system";
    }
    {
        const auto store = open();
        Till till(*store);
        std::vector<HoldId> held;
        EXPECT_THAT(call_until_unavailable(till, held), HasSubstr("full"));
        ::mount("none", folder_.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m");
        expect_recovery(*store, till, held);
    }
    EXPECT_EQ(::umount(folder_.path().c_str()), 0);
}

TEST_F(SqliteTest, AFileThatCannotBeWrittenIsAnError) {
    const Nobody nobody(folder_.path());
    open().reset();
    ASSERT_EQ(::chmod(file().c_str(), 0400), 0);
    EXPECT_THAT(refusal(), HasSubstr(file() + " cannot be written: Permission denied"));
}

TEST_F(SqliteTest, AFolderThatCannotBeWrittenIsAnError) {
    const Nobody nobody(folder_.path());
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0500), 0);
    EXPECT_THAT(refusal(), HasSubstr(file() + " cannot be written: Permission denied"));
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
}

TEST_F(SqliteTest, AToolThatLocksTheFileForAMomentOnlyDelays) {
    const auto store = open();
    Till till(*store);
    auto tool = Database::open(file(), Database::Access::write);
    ASSERT_TRUE(tool);
    ASSERT_TRUE((*tool)->run("BEGIN IMMEDIATE"));
    const auto id = till.held({budget("b", 1, 10)});
    ASSERT_TRUE(id);
    EXPECT_FALSE(store->flush(50));
    ASSERT_TRUE((*tool)->run("COMMIT"));
    EXPECT_TRUE(till.durable(*id));
}

}  // namespace
}  // namespace bellwether::ledger
