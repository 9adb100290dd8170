// The ledger's file is one host's, by whatever name; and what is done to it, and to the files
// beside it, while a host runs is noticed, told and lost nowhere in silence.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

bool soon(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

class SqlitePlaceTest : public SqliteTest {
  protected:
    std::string beside(const std::string& name) const { return folder_.path() + "/" + name; }

    // Why a call is not taken, once it is not; what was held before is settled.
    // Why calls are not counted, once that has these words: SQLite may be the first to stumble, in
    // words of its own.
    static std::string soon_unavailable(Till& till, std::string_view words) {
        std::string reason;
        soon([&] {
            const auto id = till.session().next_id();
            const auto verdict = till.hold(id, {budget("b", 1, 1'000'000)});
            if (verdict.answer == HoldAnswer::held) till.settle(id, {1});
            reason = verdict.reason;
            return verdict.answer == HoldAnswer::unavailable &&
                   reason.find(words) != std::string::npos;
        });
        return reason;
    }
    static bool soon_held(Till& till, std::int64_t amount) {
        return soon([&] {
            const auto id = till.held({budget("b", amount, 1'000'000)});
            if (id) till.settle(*id, {amount});
            return id.has_value();
        });
    }
};

TEST_F(SqlitePlaceTest, ASecondNameOfAnOpenLedgerIsTheSameLedger) {
    const auto store = open();
    fs::create_symlink(file(), beside("symbolic.db"));
    fs::create_hard_link(file(), beside("hard.db"));
    fs::create_directory_symlink(folder_.path(), beside("folder"));
    for (const auto* name : {"symbolic.db", "hard.db", "folder/ledger.db"}) {
        const auto second = open_sqlite(beside(name), clock_.clock());
        ASSERT_FALSE(second) << name;
        EXPECT_THAT(second.error().message, HasSubstr("another host uses this ledger")) << name;
    }
    fs::remove(file() + "-lock");
    EXPECT_THAT(refusal(), HasSubstr("another host uses this ledger"));
    std::ofstream(file() + "-lock") << "";
    EXPECT_THAT(refusal(), HasSubstr("another host uses this ledger"));
}

// Whoever closes a descriptor of a file loses all the locks of its process on it; without them
// another process that closes the file would remove the log that this one writes.
TEST_F(SqlitePlaceTest, ARefusedStoreOfTheSameProcessEndsNoLockOfTheFirst) {
    const auto store = open();
    ASSERT_TRUE(store->flush(10'000));
    EXPECT_THAT(refusal(), HasSubstr("another host uses this ledger"));
    const pid_t child = fork();
    if (child == 0) {
        const int descriptor = ::open(file().c_str(), O_RDWR);
        struct flock range {};
        range.l_type = F_WRLCK;
        range.l_start = 0x4000'0000 + 2;  // where SQLite has its shared locks
        range.l_len = 510;
        ::fcntl(descriptor, F_GETLK, &range);
        _exit(range.l_type == F_UNLCK ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << "SQLite's locks are gone";
}

TEST_F(SqlitePlaceTest, ALinkLeadsToTheLedgerAndItsLog) {
    fs::create_directory(beside("real"));
    const auto real = beside("real/ledger.db");
    fs::create_symlink(real, file());  // of a file that is not there yet
    {
        const auto store = open();
        ASSERT_TRUE(store);
        EXPECT_TRUE(fs::exists(real + "-wal"));
        EXPECT_FALSE(fs::exists(file() + "-wal"));
        Till till(*store);
        till.settle(*till.held({budget("b", 5, 10)}), {4});
    }
    const auto store = open_sqlite(real, clock_.clock()).value();
    EXPECT_EQ(used(*store, "b"), 4);
}

TEST_F(SqlitePlaceTest, AFileWithTwoNamesIsRefused) {
    open().reset();
    fs::create_hard_link(file(), beside("hard.db"));
    EXPECT_THAT(refusal(), HasSubstr("has 2 names (hard links)"));
    fs::remove(beside("hard.db"));
    EXPECT_TRUE(open());
}

TEST_F(SqlitePlaceTest, WhatIsNoPlainFileIsRefused) {
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    EXPECT_THAT(refusal(), HasSubstr("is no plain file"));
}

TEST_F(SqlitePlaceTest, AMovedFileStopsCallsUntilItIsBackAndNothingIsLost) {
    {
        const auto store = open();
        Till till(*store);
        ASSERT_TRUE(soon_held(till, 5));
        const auto under_way = till.held({budget("b", 100, 1'000'000)});
        ASSERT_TRUE(store->flush(10'000));
        fs::rename(file(), beside("moved.db"));
        const auto reason = soon_unavailable(till, "was moved");
        EXPECT_THAT(reason, HasSubstr(file() + " was moved or removed while this host runs"));
        EXPECT_FALSE(store->each_usage({}, [](const UsageRow&) {})) << "of another file, perhaps";
        till.settle(*under_way, {70}, "under way");
        EXPECT_FALSE(store->flush(50));
        fs::rename(beside("moved.db"), file());
        ASSERT_TRUE(soon_held(till, 1'000));
        EXPECT_TRUE(store->flush(10'000));
        EXPECT_GE(used(*store, "b"), 1'075);
    }
    const auto store = open();
    EXPECT_GE(used(*store, "b"), 1'075);
    std::vector<std::string> names;
    for (const auto& row : rows(*store)) names.push_back(row.request_id);
    EXPECT_THAT(names, testing::Contains("under way"));
}

TEST_F(SqlitePlaceTest, NobodyHasToCallForItToBeNoticed) {
    const auto store = open();
    ASSERT_TRUE(store->flush(10'000));
    fs::rename(file(), beside("moved.db"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1'200));  // two looks
    Till till(*store);
    EXPECT_EQ(till.ask({budget("b", 1, 10)}).answer, HoldAnswer::unavailable)
        << "the very first call";
}

TEST_F(SqlitePlaceTest, ARemovedFileStopsCalls) {
    const auto store = open();
    Till till(*store);
    ASSERT_TRUE(soon_held(till, 5));
    for (const auto* end : {"", "-wal", "-shm", "-lock"}) fs::remove(file() + end);
    EXPECT_THAT(soon_unavailable(till, "was moved or removed"), HasSubstr("was moved or removed"));
}

TEST_F(SqlitePlaceTest, AnEmptiedFileStopsCalls) {
    const auto store = open();
    Till till(*store);
    ASSERT_TRUE(soon_held(till, 5));
    fs::resize_file(file(), 0);
    EXPECT_THAT(soon_unavailable(till, "was emptied"), HasSubstr("was emptied"));
}

TEST_F(SqlitePlaceTest, AReplacedFileStopsCallsAndIsNotTouched) {
    fs::create_directory(beside("other"));
    open_sqlite(beside("other/ledger.db"), clock_.clock()).value().reset();
    {
        const auto store = open();
        Till till(*store);
        ASSERT_TRUE(soon_held(till, 5));
        fs::rename(beside("other/ledger.db"), file());
        EXPECT_THAT(soon_unavailable(till, "is another file now"),
                    HasSubstr("is another file now"));
    }
    EXPECT_TRUE(fs::exists(file() + "-wal")) << "whose it is, this host cannot know";
}

TEST_F(SqlitePlaceTest, ALinkThatLeadsElsewhereIsNoticed) {
    fs::create_directory(beside("real"));
    fs::create_symlink(beside("real/ledger.db"), file());
    const auto store = open();
    Till till(*store);
    ASSERT_TRUE(soon_held(till, 5));
    std::ofstream(beside("elsewhere.db")) << "";
    fs::remove(file());
    fs::create_symlink(beside("elsewhere.db"), file());
    EXPECT_THAT(soon_unavailable(till, "is another file now"), HasSubstr("is another file now"));
}

TEST_F(SqlitePlaceTest, ALogThatIsTakenAwayIsMadeAnewAndNothingIsLost) {
    for (const std::string end : {"-wal", "-shm"}) {
        const auto store = open();
        Till till(*store);
        const auto before = std::max<std::int64_t>(used(*store, "b"), 0);
        ASSERT_TRUE(soon_held(till, 7));
        ASSERT_TRUE(store->flush(10'000));
        fs::remove(file() + end);
        ASSERT_TRUE(soon([&] { return fs::exists(file() + end); }));
        ASSERT_TRUE(soon_held(till, 20));
        ASSERT_TRUE(store->flush(10'000));
        EXPECT_EQ(number("SELECT used FROM counters"), before + 27) << "as others see it";
    }
    EXPECT_EQ(used(*open(), "b"), 2 * 27);
}

TEST_F(SqlitePlaceTest, ALogWithoutItsLedgerIsNotThrownAway) {
    const auto store = open();
    Till till(*store);
    ASSERT_TRUE(soon_held(till, 5));
    ASSERT_TRUE(store->flush(10'000));
    fs::copy_file(file() + "-wal", beside("left.db-wal"));
    const auto left = open_sqlite(beside("left.db"), clock_.clock());
    ASSERT_FALSE(left);
    EXPECT_THAT(left.error().message, HasSubstr("put the file back"));
    EXPECT_FALSE(fs::exists(beside("left.db")));
    fs::remove(beside("left.db-wal"));
    EXPECT_TRUE(open_sqlite(beside("left.db"), clock_.clock()));
}

TEST_F(SqlitePlaceTest, WhatOthersMayReadOrWriteIsToldWithTheCommandThatEndsIt) {
    open().reset();
    EXPECT_THAT(access_faults(file()), IsEmpty()) << "as it is made";
    ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
    EXPECT_THAT(access_faults(file()),
                ElementsAre(file() + " can be read by other users: chmod 600 " + file()));
    ASSERT_EQ(::chmod(file().c_str(), 0660), 0);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
    EXPECT_THAT(access_faults(file()),
                ElementsAre(file() + " can be written by other users: chmod 600 " + file(),
                            folder_.path() + " can be written by other users: chmod go-w " +
                                folder_.path()));
    ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    EXPECT_THAT(access_faults(file()), IsEmpty()) << "names are no secret";
}

TEST_F(SqlitePlaceTest, AFileThatIsMountedByItselfIsToldOf) {
    open().reset();
    fs::create_directory(beside("seen"));
    const auto seen = beside("seen/ledger.db");
    std::ofstream(seen) << "";
    ASSERT_EQ(::chmod(seen.c_str(), 0600), 0);
    ASSERT_EQ(::chmod(beside("seen").c_str(), 0700), 0);
    if (::mount(file().c_str(), seen.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        GTEST_SKIP() << "needs the right to mount";
    }
    EXPECT_THAT(access_faults(seen), ElementsAre(HasSubstr("mount the folder")));
    {
        const auto store = open();
        const auto second = open_sqlite(seen, clock_.clock());
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message, HasSubstr("another host uses this ledger"));
    }
    EXPECT_EQ(::umount(seen.c_str()), 0);
}

}  // namespace
}  // namespace bellwether::ledger
