// In which folders something can happen that makes a file another one, or none.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

namespace bellwether::serve {

// A folder as it is now, and which of inotify's events in it matter.
struct FolderToWatch {
    std::uint32_t events = 0;
    dev_t device = 0;
    ino_t number = 0;

    bool operator==(const FolderToWatch&) const = default;
};

// Gathers them. Of a file that is the folder it is in and that of every link on the way, whose
// names matter, and all folders above them, which may be moved away. In place of a folder that is
// missing it is the nearest one above that is there.
class FoldersToWatch {
  public:
    using Path = std::filesystem::path;

    // `path` is absolute.
    void add_file(const Path& path);
    // A folder whose names matter.
    void add_folder(const Path& path);

    const std::map<Path, FolderToWatch>& folders() const { return folders_; }
    const std::set<Path>& missing() const { return missing_; }

  private:
    bool reach(const Path& folder);
    void follow_link(const Path& link);
    bool is_new_link(const Path& path);
    void note(const Path& folder, std::uint32_t events);

    std::map<Path, FolderToWatch> folders_;
    std::set<Path> missing_;
    // Those that were followed. They can lead in circles, in which one has ever other names.
    std::set<std::pair<dev_t, ino_t>> links_;
};

}  // namespace bellwether::serve
