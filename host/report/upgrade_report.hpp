// What came of an upgrade: another host was to take over from this one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace bellwether::report {

struct UpgradeReport {
    std::string fault;         // a sentence; then nothing has changed. Empty: it was done
    std::int64_t process = 0;  // of the new host
};

using OnUpgrade = std::function<void(const UpgradeReport&)>;
// `by`: who wants it, for the log: "SIGUSR2".
using AskUpgrade = std::function<void(std::string by, OnUpgrade)>;

}  // namespace bellwether::report
