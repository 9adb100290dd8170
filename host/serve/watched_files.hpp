// Which files a host watches.
#pragma once

#include <filesystem>
#include <vector>

#include "front/host.hpp"

namespace bellwether::serve {

struct WatchedFiles {
    std::vector<std::filesystem::path> files;
    std::vector<std::filesystem::path> folders;  // in which files may come and go
};

// With server.watch all that the config was made of: its files and those it includes, plugins,
// credentials and certificates. Without it, the keys_file alone.
WatchedFiles watched_files(const front::Host& host);

}  // namespace bellwether::serve
