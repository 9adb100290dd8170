// A trial says whether a file could be the ledger, and touches nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <iterator>
#include <map>

#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Each file of the folder, with what is in it.
std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        std::ifstream stream(entry.path(), std::ios::binary);
        found[entry.path().string()] = std::string(std::istreambuf_iterator<char>(stream), {});
    }
    return found;
}

// What the trial of a path says; it must leave the folder as it is.
std::string tried(const Folder& folder, const std::string& path, bool with_parents = false) {
    const auto before = contents(folder.path());
    const auto done = try_sqlite(path, with_parents);
    EXPECT_EQ(contents(folder.path()), before);
    return done ? "good" : done.error().message;
}

TEST(SqliteTrial, AFileThatIsYetToBeMade) {
    const Folder folder;
    EXPECT_EQ(tried(folder, folder.file()), "good");
    EXPECT_EQ(tried(folder, folder.path() + "/new/ledger.db"), "good");
    EXPECT_THAT(tried(folder, folder.path() + "/no/such/ledger.db"),
                HasSubstr("/no/such is not there and cannot be made"));
    EXPECT_EQ(tried(folder, folder.path() + "/no/such/ledger.db", true), "good");
}

TEST(SqliteTrial, AFolderThatIsNone) {
    const Folder folder;
    std::ofstream(folder.path() + "/file") << "x";
    EXPECT_THAT(tried(folder, folder.path() + "/file/ledger.db"), HasSubstr("Not a directory"));
    EXPECT_THAT(tried(folder, folder.path()), HasSubstr("is no plain file"));
}

TEST(SqliteTrial, ALedgerThatIsThere) {
    const Folder folder;
    ASSERT_TRUE(open_sqlite(folder.file()));
    EXPECT_EQ(tried(folder, folder.file()), "good");
    fs::create_symlink(folder.file(), folder.path() + "/link?#%41.db");
    EXPECT_EQ(tried(folder, folder.path() + "/link?#%41.db"), "good");
    fs::rename(folder.file(), folder.path() + "/a?b#c%41.db");
    EXPECT_EQ(tried(folder, folder.path() + "/a?b#c%41.db"), "good");
}

// What a host that was killed leaves behind.
TEST(SqliteTrial, ALedgerWithItsLog) {
    const Folder folder;
    const Folder copy;
    const auto store = open_sqlite(folder.file());
    ASSERT_TRUE(store && (*store)->flush(10'000));
    fs::copy(folder.path(), copy.path(), fs::copy_options::recursive);
    ASSERT_TRUE(fs::exists(copy.file() + "-wal"));
    EXPECT_EQ(tried(copy, copy.file()), "good");
    fs::remove(copy.file());
    EXPECT_THAT(tried(copy, copy.file()), HasSubstr("the ledger is not there"));
}

TEST(SqliteTrial, ALedgerWithTwoNames) {
    const Folder folder;
    ASSERT_TRUE(open_sqlite(folder.file()));
    fs::create_hard_link(folder.file(), folder.path() + "/other.db");
    EXPECT_THAT(tried(folder, folder.file()), HasSubstr("has 2 names"));
}

}  // namespace
}  // namespace bellwether::ledger
