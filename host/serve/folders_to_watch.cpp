#include "serve/folders_to_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <system_error>

namespace bellwether::serve {
namespace {

namespace fs = std::filesystem;

// What happens to a folder itself. IN_MASK_ADD: two names may lead to one folder.
constexpr std::uint32_t k_itself = IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR | IN_MASK_ADD;
// What happens to what is in it, too.
constexpr std::uint32_t k_names =
    k_itself | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

bool is_link(const fs::path& path) {
    std::error_code error;
    return fs::is_symlink(path, error);
}

}  // namespace

void FoldersToWatch::add_file(const Path& path) {
    const Path folder = path.parent_path();
    if (!reach(folder)) {
        missing_.insert(folder);
        return;
    }
    note(folder, k_names);
    if (!is_new_link(path)) return;
    std::error_code error;
    const Path target = fs::read_symlink(path, error);
    if (!error) add_file(folder / target);
}

void FoldersToWatch::add_folder(const Path& path) {
    if (reach(path)) {
        note(path, k_names);
    } else {
        missing_.insert(path);
    }
}

// Whether the folder is there. Notes those on the way to it.
bool FoldersToWatch::reach(const Path& folder) {
    Path at;
    for (const Path& part : folder) {
        const Path above = at;
        at /= part;
        const bool link = is_link(at);
        if (link) follow_link(at);
        std::error_code error;
        const bool there = fs::is_directory(at, error);
        if (!above.empty() && (link || !there)) note(above, k_names);
        if (!there) return false;
        note(at, k_itself);
    }
    return true;
}

void FoldersToWatch::follow_link(const Path& link) {
    if (!is_new_link(link)) return;
    std::error_code error;
    const Path target = fs::read_symlink(link, error);
    if (!error) reach(link.parent_path() / target);
}

bool FoldersToWatch::is_new_link(const Path& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return false;
    return links_.emplace(info.st_dev, info.st_ino).second;
}

void FoldersToWatch::note(const Path& folder, std::uint32_t events) {
    struct stat info {};
    if (stat(folder.c_str(), &info) != 0) return;  // gone meanwhile, which the next look sees
    FolderToWatch& known = folders_[folder];
    known.events |= events;
    known.device = info.st_dev;
    known.number = info.st_ino;
}

}  // namespace bellwether::serve
