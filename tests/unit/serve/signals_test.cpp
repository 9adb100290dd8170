// The table of signals.
#include "serve/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace bellwether::serve {
namespace {

TEST(Signals, WhatEndsAndWhatDoesNot) {
    for (const int number : {SIGTERM, SIGINT, SIGQUIT}) {
        ASSERT_NE(find_signal(number), nullptr);
        EXPECT_EQ(find_signal(number)->use, SignalUse::end);
    }
    for (const int number : {SIGUSR1, SIGUSR2}) {
        ASSERT_NE(find_signal(number), nullptr);
        EXPECT_EQ(find_signal(number)->use, SignalUse::nothing);
    }
    ASSERT_NE(find_signal(SIGHUP), nullptr);
    EXPECT_EQ(find_signal(SIGHUP)->use, SignalUse::reload);
    EXPECT_EQ(find_signal(SIGCHLD), nullptr);
    EXPECT_EQ(find_signal(SIGQUIT)->name, "SIGQUIT");
}

}  // namespace
}  // namespace bellwether::serve
