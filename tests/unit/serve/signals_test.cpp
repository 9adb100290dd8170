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
    const auto use_of = [](int number) {
        const Signal* const found = find_signal(number);
        return found == nullptr ? SignalUse::end : found->use;
    };
    EXPECT_EQ(use_of(SIGUSR1), SignalUse::nothing);
    EXPECT_EQ(use_of(SIGUSR2), SignalUse::upgrade);
    EXPECT_EQ(use_of(SIGHUP), SignalUse::reload);
    EXPECT_EQ(find_signal(SIGCHLD), nullptr);
    EXPECT_EQ(find_signal(SIGQUIT)->name, "SIGQUIT");
}

}  // namespace
}  // namespace bellwether::serve
