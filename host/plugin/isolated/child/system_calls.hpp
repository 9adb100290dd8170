// Which system calls the child process of a plugin may make: a list, and no others. One that is not
// on it fails with EPERM and raises SIGSYS, whose handler counts it.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace bellwether::plugin::isolated {

// The programs for the kernel, which tests run as well.
std::vector<sock_filter> filter_for_loading();
std::vector<sock_filter> filter_for_good();

// Install them on all threads. False: the system allows no filter.
bool allow_calls_for_loading();
bool allow_calls_for_good();

// The call's name, for messages; all that have none here are one, "another system call".
const char* name_of_call(unsigned number);

}  // namespace bellwether::plugin::isolated
