// What is loaded here is told from what the program itself is linked with.
#include "plugin/loaded_names.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace bellwether::plugin {
namespace {

TEST(LoadedNames, KnowsWhatTheProgramIsLinkedWith) {
    ASSERT_TRUE(loaded_by_program("libc.so.6"));
    EXPECT_EQ(loaded_by_program("libc.so.6"), loaded_as("libc.so.6"));
    EXPECT_EQ(loaded_by_program("libc.so.6")->filename(), "libc.so.6");
}

// libgcc_s is what the C++ library needs, and the program may not name it.
TEST(LoadedNames, KnowsWhatTheseNeed) {
    EXPECT_EQ(loaded_by_program("libgcc_s.so.1"), loaded_as("libgcc_s.so.1"));
    EXPECT_TRUE(loaded_by_program("libgcc_s.so.1"));
}

// A child process that is the same program does not have it.
TEST(LoadedNames, DoesNotTakeForTheProgramsWhatWasLoadedLater) {
    constexpr const char* k_other =
        "libBrokenLocale.so.1";  // a part of the C library that no one uses
    ASSERT_FALSE(loaded_as(k_other));
    ASSERT_NE(dlopen(k_other, RTLD_LAZY | RTLD_LOCAL), nullptr) << dlerror();
    EXPECT_TRUE(loaded_as(k_other));
    EXPECT_FALSE(loaded_by_program(k_other));
    EXPECT_FALSE(loaded_by_program("libnobody-has.so"));
}

}  // namespace
}  // namespace bellwether::plugin
