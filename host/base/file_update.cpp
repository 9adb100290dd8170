#include "base/file_update.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

namespace bellwether {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds k_wait_max{30};
constexpr std::chrono::milliseconds k_pause{10};
constexpr mode_t k_new_mode = 0600;
constexpr mode_t k_rights = 0666;  // a file of text needs no others

std::unexpected<std::string> last_error() {
    return std::unexpected<std::string>(std::strerror(errno));
}

// The file that a path leads to. Nothing need be there, but a link that leads nowhere is a mistake.
std::expected<fs::path, std::string> real_file(const fs::path& file) {
    std::error_code error;
    const fs::path folder = fs::canonical(fs::absolute(file).parent_path(), error);
    if (error) return std::unexpected("there is no folder " + file.parent_path().string());
    const fs::path plain = folder / file.filename();
    if (!fs::exists(fs::symlink_status(plain, error))) return plain;
    const fs::path real = fs::canonical(plain, error);
    if (error) return std::unexpected("it is a link that leads nowhere");
    if (!fs::is_regular_file(real, error)) return std::unexpected("it is no file");
    return real;
}

bool lock(int folder) {
    const auto deadline = std::chrono::steady_clock::now() + k_wait_max;
    while (flock(folder, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(k_pause);
    }
    return true;
}

// The file in which the new text is written. Its name is always the same, so that what a killed
// process leaves is overwritten by the next one; the lock keeps two from writing at once.
class Draft {
  public:
    Draft(int folder, std::string name)
        : folder_(folder), name_(std::move(name)), file_(opened(folder, name_.c_str())) {}
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        if (file_ < 0) return;
        close(file_);
        if (!renamed_) unlinkat(folder_, name_.c_str(), 0);
    }

    bool is_open() const { return file_ >= 0; }

    bool write_all(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t written = write(file_, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return false;
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        return true;
    }

    // Takes on the owner first: a change of the owner may take rights away.
    bool become_like(const struct stat& other, bool owner_too) const {
        struct stat mine {};
        if (fstat(file_, &mine) != 0) return false;
        const bool same = mine.st_uid == other.st_uid && mine.st_gid == other.st_gid;
        if (!same && fchown(file_, other.st_uid, other.st_gid) != 0 && owner_too) return false;
        return fchmod(file_, other.st_mode & k_rights) == 0;
    }

    // Makes the text outlast a power cut, then its name.
    bool rename_to(const std::string& name) {
        if (fsync(file_) != 0) return false;
        renamed_ = renameat(folder_, name_.c_str(), folder_, name.c_str()) == 0;
        return renamed_ && fsync(folder_) == 0;
    }

  private:
    static int opened(int folder, const char* name) {
        unlinkat(folder, name, 0);
        return openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, k_new_mode);
    }

    int folder_;
    std::string name_;
    int file_;
    bool renamed_ = false;
};

}  // namespace

std::expected<FileUpdate, std::string> FileUpdate::begin(const fs::path& file) {
    auto real = real_file(file);
    if (!real) return std::unexpected(real.error());
    const int folder = open(real->parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return last_error();
    FileUpdate update(*std::move(real), folder);
    if (lock(folder)) return update;
    if (errno == EWOULDBLOCK) return std::unexpected("another process has locked its folder");
    return last_error();
}

FileUpdate::FileUpdate(FileUpdate&& other) noexcept
    : file_(std::move(other.file_)), folder_(std::exchange(other.folder_, -1)) {}

FileUpdate::~FileUpdate() {
    if (folder_ >= 0) close(folder_);
}

std::expected<void, std::string> FileUpdate::replace(std::string_view text,
                                                     const fs::path& like) const {
    const std::string name = file_.filename().string();
    Draft draft(folder_, "." + name + ".new");
    if (!draft.is_open() || !draft.write_all(text)) return last_error();
    struct stat other {};
    if (fstatat(folder_, name.c_str(), &other, 0) == 0) {
        if (!draft.become_like(other, true)) return last_error();
    } else if (!like.empty() && stat(like.c_str(), &other) == 0) {
        if (!draft.become_like(other, false)) return last_error();
    }
    if (!draft.rename_to(name)) return last_error();
    return {};
}

}  // namespace bellwether
