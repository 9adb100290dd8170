// `FileWatch` tells when one of a list of files has changed: its content, or what its name leads
// to. It looks at the folders of the files and of all links on the way, as a file is mostly
// replaced and not written to, and Kubernetes replaces a link to a folder; also at those above,
// which may go away as a whole and come back. On the thread that runs the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "net/alarm.hpp"
#include "serve/folders_to_watch.hpp"

namespace bellwether::serve {

class FileWatch {
  public:
    using Path = std::filesystem::path;

    // How long nothing must happen to the files before one counts as changed: an editor, or
    // somebody who copies several files, takes his time. At the longest k_most after the first
    // change.
    static constexpr std::chrono::milliseconds k_quiet{100};
    static constexpr std::chrono::milliseconds k_most{2'000};
    // How often it looks while a folder is missing, or one cannot be watched.
    static constexpr std::chrono::milliseconds k_poll{1'000};

    // Is given the files, and folders, that have changed.
    using OnChange = std::function<void(const std::vector<Path>&)>;

    FileWatch(boost::asio::io_context& loop, OnChange on_change);
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    // Watches these files, which need not exist, and what is new or gone in these folders, in place
    // of those before. A file counts as changed from what it is now, or, if it was watched already,
    // from what it was when it was looked at the last time.
    void follow(const std::vector<Path>& files, const std::vector<Path>& folders);

  private:
    FoldersToWatch folders_now() const;
    void watch(const FoldersToWatch& now);
    void tell_missing(const FoldersToWatch& now) const;
    bool open_events();
    bool watch(const Path& folder, std::uint32_t events);
    void read();
    void note_events(std::span<const char> events);
    void poll_later();
    void look_soon();
    void look();

    boost::asio::io_context& loop_;
    OnChange on_change_;
    std::shared_ptr<boost::asio::posix::stream_descriptor> events_;  // null: nothing is watched
    std::map<Path, std::string> seen_;  // what each file, or list of a folder's files, looked like
    std::set<Path> folders_;            // of these, the folders
    std::map<Path, FolderToWatch> watched_;
    std::set<Path> missing_;   // folders that would be watched
    bool is_another_ = false;  // a name of a folder may lead to another one than is watched
    net::Alarm alarm_;
    net::Alarm poll_;
    net::Alarm::Clock::time_point first_event_{};  // since the last look
    bool event_pending_ = false;
};

}  // namespace bellwether::serve
