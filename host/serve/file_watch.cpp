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

// After these a folder's name may lead to another one, or its watch has ended.
constexpr std::uint32_t k_another_folder =
    IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW;

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

// A host whose working folder is gone has no absolute paths.
fs::path absolute_of(const fs::path& path) {
    std::error_code error;
    fs::path absolute = fs::absolute(path, error);
    return error ? path : absolute;
}

}  // namespace

FileWatch::FileWatch(boost::asio::io_context& loop, OnChange on_change)
    : loop_(loop), on_change_(std::move(on_change)), alarm_(loop), poll_(loop) {}

void FileWatch::follow(const std::vector<Path>& files, const std::vector<Path>& folders) {
    std::map<Path, std::string> now;
    for (const auto* list : {&files, &folders}) {
        for (const Path& path : *list) {
            const auto known = seen_.find(path);
            now[path] = known == seen_.end() ? look_of(path) : known->second;
        }
    }
    seen_ = std::move(now);
    folders_.clear();
    for (const Path& path : folders) folders_.insert(path);
    watch(folders_now());
}

FoldersToWatch FileWatch::folders_now() const {
    FoldersToWatch all;
    for (const auto& [path, look] : seen_) {
        all.add_file(absolute_of(path));
        if (folders_.contains(path)) all.add_folder(absolute_of(path));
    }
    return all;
}

// All anew: a folder that was replaced has left the old one watched, and not the new one.
void FileWatch::watch(const FoldersToWatch& now) {
    events_.reset();
    is_another_ = false;
    tell_missing(now);
    watched_ = now.folders();
    missing_ = now.missing();
    const bool open = open_events();
    bool all = open && missing_.empty();
    for (const auto& [path, folder] : watched_) all = watch(path, folder.events) && all;
    if (events_) read();
    // What changed before the folders were watched made no event.
    if (!seen_.empty()) look_soon();
    poll_.cancel();
    if (!all) poll_later();
}

void FileWatch::tell_missing(const FoldersToWatch& now) const {
    for (const Path& path : now.missing()) {
        if (!missing_.contains(path) && watched_.contains(path)) {
            observe::warn("the folder {} is gone, with what is watched in it; looking for it",
                          path.string());
        }
    }
    for (const Path& path : missing_) {
        if (now.folders().contains(path)) {
            observe::info("the folder {} is there, and watched", path.string());
        }
    }
}

bool FileWatch::open_events() {
    if (seen_.empty()) return true;
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        observe::warn("files cannot be watched, and are looked at once a second: {}",
                      std::strerror(errno));
        return false;
    }
    events_ = std::make_shared<boost::asio::posix::stream_descriptor>(loop_, fd);
    return true;
}

// False: nobody tells of its changes.
bool FileWatch::watch(const Path& folder, std::uint32_t events) {
    if (!events_) return false;
    if (inotify_add_watch(events_->native_handle(), folder.c_str(), events) >= 0) return true;
    const int why = errno;
    if (why == ENOENT || why == ENOTDIR) {
        is_another_ = true;
    } else if ((events & IN_CREATE) != 0) {  // one above the others may be closed to the host
        observe::warn("the folder {} cannot be watched, and is looked at once a second: {}",
                      folder.string(), std::strerror(why));
    }
    return false;
}

// What the events say of files does not matter, as the files themselves are looked at.
void FileWatch::read() {
    auto buffer = std::make_shared<std::array<char, 4096>>();
    events_->async_read_some(
        boost::asio::buffer(*buffer),
        [this, buffer, of = std::weak_ptr(events_)](auto error, std::size_t size) {
            const auto from = of.lock();
            if (error || !from || from != events_) return;
            note_events(std::span(*buffer).first(size));
            look_soon();
            read();
        });
}

void FileWatch::note_events(std::span<const char> events) {
    while (events.size() >= sizeof(inotify_event)) {
        inotify_event event{};
        std::memcpy(&event, events.data(), sizeof event);
        is_another_ = is_another_ || (event.mask & k_another_folder) != 0;
        events = events.subspan(std::min(events.size(), sizeof event + event.len));
    }
}

void FileWatch::look_soon() {
    const auto now = net::Alarm::Clock::now();
    if (!std::exchange(event_pending_, true)) first_event_ = now;
    alarm_.set(std::min(now + k_quiet, first_event_ + k_most), [this] { look(); });
}

void FileWatch::poll_later() {
    poll_.set(net::Alarm::Clock::now() + k_poll, [this] {
        if (!event_pending_) look_soon();
        poll_later();
    });
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
    const FoldersToWatch folders = folders_now();
    if (is_another_ || folders.folders() != watched_ || folders.missing() != missing_) {
        watch(folders);
    }
    if (!changed.empty()) on_change_(changed);
}

}  // namespace bellwether::serve
