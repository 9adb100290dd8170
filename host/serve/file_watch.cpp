#include "serve/file_watch.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t k_events =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;
// A link can lead in circles.
constexpr int k_links_max = 40;

// What a name leads to: the file and its time of change, or nothing. A folder is the list of its
// names.
std::string look_of(const fs::path& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return {};
    if (!S_ISDIR(info.st_mode)) {
        return fmt::format("{}:{}:{}:{}.{}:{}", info.st_dev, info.st_ino, info.st_size,
                           info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_mode);
    }
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
        names.insert(at->path().filename().string());
    }
    std::string all;
    for (const auto& name : names) all.append(name).append("/");
    return all;
}

// The folders in which a change can make the name lead elsewhere.
void add_folders_of(const fs::path& file, std::set<fs::path>& folders, int links) {
    fs::path at;
    for (const fs::path& part : file) {
        const fs::path folder = at;
        at /= part;
        std::error_code error;
        if (links > k_links_max || !fs::is_symlink(at, error)) continue;
        folders.insert(folder);
        const fs::path target = fs::read_symlink(at, error);
        if (!error) add_folders_of((folder / target).lexically_normal(), folders, links + 1);
    }
    folders.insert(file.parent_path());
}

}  // namespace

FileWatch::FileWatch(boost::asio::io_context& loop, OnChange on_change)
    : loop_(loop), on_change_(std::move(on_change)), alarm_(loop) {}

void FileWatch::follow(const std::vector<Path>& files, const std::vector<Path>& folders) {
    std::map<Path, std::string> now;
    for (const auto* list : {&files, &folders}) {
        for (const Path& path : *list) {
            const auto known = seen_.find(path);
            now[path] = known == seen_.end() ? look_of(path) : known->second;
        }
    }
    seen_ = std::move(now);
    watch_folders();
    // What changed before the folders were watched made no event.
    if (!seen_.empty()) look_soon();
}

// All anew: a link that was replaced has left the old folder watched, and not the new one.
void FileWatch::watch_folders() {
    events_.reset();
    if (seen_.empty()) return;
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        return observe::warn("files cannot be watched: {}; reload with SIGHUP",
                             std::strerror(errno));
    }
    events_ = std::make_unique<boost::asio::posix::stream_descriptor>(loop_, fd);
    std::set<Path> folders;
    for (const auto& [path, look] : seen_) {
        std::error_code error;
        if (fs::is_directory(path, error)) folders.insert(path);
        add_folders_of(fs::absolute(path), folders, 0);
    }
    for (const Path& folder : folders) watch(folder);
    read();
}

void FileWatch::watch(const Path& folder) {
    const int added = inotify_add_watch(events_->native_handle(), folder.c_str(), k_events);
    if (added >= 0 || errno == ENOENT || errno == ENOTDIR) return;
    observe::warn("the folder {} cannot be watched: {}", folder.string(), std::strerror(errno));
}

// What the events say does not matter, as the files themselves are looked at.
void FileWatch::read() {
    auto buffer = std::make_shared<std::array<char, 4096>>();
    events_->async_read_some(boost::asio::buffer(*buffer),
                             [this, buffer](boost::system::error_code error, std::size_t) {
                                 if (error) return;
                                 look_soon();
                                 read();
                             });
}

void FileWatch::look_soon() {
    const auto now = net::Alarm::Clock::now();
    if (!std::exchange(event_pending_, true)) first_event_ = now;
    alarm_.set(std::min(now + k_quiet, first_event_ + k_most), [this] { look(); });
}

void FileWatch::look() {
    event_pending_ = false;
    std::vector<Path> changed;
    for (auto& [path, look] : seen_) {
        std::string now = look_of(path);
        if (now == look) continue;
        look = std::move(now);
        changed.push_back(path);
    }
    if (changed.empty()) return;
    watch_folders();
    on_change_(changed);
}

}  // namespace bellwether::serve
