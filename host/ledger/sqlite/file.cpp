#include "ledger/sqlite/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "base/mutex.hpp"
#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

namespace fs = std::filesystem;

// Beyond the bytes that SQLite locks, which are 512 from 0x40000000 on.
constexpr off_t k_locked_byte = 0x7fff'0000;

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorKind::unavailable, std::move(message));
}

std::unexpected<Error> failed(const std::string& path, std::string_view what, int cause) {
    return refused(
        fmt::format("the ledger's {} {} cannot be written: {}", what, path, std::strerror(cause)));
}

std::unexpected<Error> busy(const std::string& path, const std::string& holder) {
    return refused(
        fmt::format("{}: another host uses this ledger{}; give each host a file of its own, "
                    "or share one ledger through redis://",
                    path, holder));
}

std::unexpected<Error> no_folder(const std::string& folder, int cause) {
    return refused(fmt::format("the ledger's folder {} is not there and cannot be made: {}", folder,
                               std::strerror(cause)));
}

std::unexpected<Error> has_names(const std::string& path, nlink_t names) {
    return refused(fmt::format(
        "{} has {} names (hard links), and a part of what it knows may stand beside another of "
        "them, in that name's -wal: leave it a single name",
        path, names));
}

// Whether this process may; if not, errno says why.
bool may(const fs::path& path, int what) {
    const std::string name = path.empty() ? "." : path.string();
    return ::faccessat(AT_FDCWD, name.c_str(), what, AT_EACCESS) == 0;
}

// The number of the error that writing the file would end with, or making it; 0: none.
int trouble_with(const std::string& path) {
    if (may(path, R_OK | W_OK)) return 0;
    if (errno == ENOENT && may(fs::path(path).parent_path(), W_OK | X_OK)) return 0;
    return errno;
}

int create(const std::string& path) {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// `OwnFiles` is the set of files that this process has locked. A second store of the process must
// not even open such a file: when it closes its descriptor, the first store loses SQLite's locks.
class OwnFiles {
  public:
    bool add(const struct stat& file) {
        const Lock lock(mutex_);
        return files_.emplace(file.st_dev, file.st_ino).second;
    }
    bool has(const std::string& path) {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0) return false;
        const Lock lock(mutex_);
        return files_.contains({found.st_dev, found.st_ino});
    }
    void remove(int descriptor) {
        struct stat file {};
        if (::fstat(descriptor, &file) != 0) return;
        const Lock lock(mutex_);
        files_.erase({file.st_dev, file.st_ino});
    }

  private:
    Mutex mutex_;
    std::set<std::pair<dev_t, ino_t>> files_ GUARDED_BY(mutex_);
};

OwnFiles& own_files() {
    static OwnFiles files;
    return files;
}

std::string this_process() {
    std::array<char, 256> machine{};
    if (::gethostname(machine.data(), machine.size() - 1) != 0) machine[0] = '\0';
    return fmt::format("process {} on {}", ::getpid(), machine.data());
}

struct flock host_lock() {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = k_locked_byte;
    range.l_len = 1;
    return range;
}

// What the lock's holder has written about itself into the lock file; "" if there is no text.
std::string read_holder(int descriptor) {
    std::array<char, 300> text{};
    const auto size = ::pread(descriptor, text.data(), text.size(), 0);
    const std::string holder(text.data(), std::max<ssize_t>(size, 0));
    const bool sound = !holder.empty() && std::ranges::all_of(holder, [](unsigned char c) {
        return c >= 0x20 && c < 0x7F;
    });
    return sound ? fmt::format(" ({})", holder) : std::string();
}

std::string holder_of(const std::string& lock_file) {
    const int descriptor = ::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return {};
    const auto holder = read_holder(descriptor);
    ::close(descriptor);
    return holder;
}

// Whether another process has the lock of a host on the file, which this process has not opened.
bool is_locked(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    struct flock range = host_lock();
    const bool known = ::fcntl(descriptor, F_OFD_GETLK, &range) == 0;
    ::close(descriptor);
    return known && range.l_type != F_UNLCK;
}

void write_holder(int descriptor) {
    const auto text = this_process();
    if (::ftruncate(descriptor, 0) != 0) return;
    (void)!::pwrite(descriptor, text.data(), text.size(), 0);  // for people only
}

// Refuses to start if there is a write-ahead log without its database, as SQLite would delete that
// log. Only the operator, who has moved the database, can say which of the two is right.
Result<void> check_no_log_is_left(const std::string& path) {
    struct stat file {
    }, log{};
    if (::stat(path.c_str(), &file) == 0 && file.st_size > 0) return {};
    std::error_code error;
    const auto name = fs::weakly_canonical(path, error).string() + "-wal";
    if (error || ::stat(name.c_str(), &log) != 0 || log.st_size == 0) return {};
    return refused(fmt::format(
        "{}: the ledger is not there, but {}, a part of it that is not in it yet, is: put the file "
        "back, or remove that too, to begin with an empty ledger",
        path, name));
}

bool is_mounted_alone(const std::string& path) {
    struct statx found {};
    return ::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &found) == 0 &&
           (found.stx_attributes & found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace

Result<LockedFile> LockedFile::take(const std::string& path, const FileIdentity& known) {
    LockedFile taken;
    if (own_files().has(path)) return busy(path, fmt::format(" ({})", this_process()));
    if (known == FileIdentity()) {
        if (auto done = check_no_log_is_left(path); !done) return std::unexpected(done.error());
    }
    if (auto done = taken.open(path, known); !done) return std::unexpected(done.error());
    if (auto done = taken.lock(); !done) return std::unexpected(done.error());
    return taken;
}

Result<void> LockedFile::would_take(const std::string& path) {
    if (own_files().has(path)) return busy(path, fmt::format(" ({})", this_process()));
    if (auto done = check_no_log_is_left(path); !done) return done;
    struct stat file {};
    const bool there = ::stat(path.c_str(), &file) == 0;
    std::error_code error;
    if (there && !S_ISREG(file.st_mode)) return refused(path + " is no plain file");
    const fs::path folder = fs::path(path).parent_path();
    if (!folder.empty() && !fs::exists(folder, error)) return {};  // it is yet to be made
    const std::string real = fs::weakly_canonical(path, error).string();
    if (error) return failed(path, "file", error.value());
    if (const int cause = trouble_with(real)) return failed(path, "file", cause);
    const auto name = real + "-lock";
    if (const int cause = trouble_with(name)) return failed(name, "lock file", cause);
    if (!there) return {};
    if (is_locked(real)) return busy(path, holder_of(name));
    if (file.st_nlink > 1) return has_names(path, file.st_nlink);
    return {};
}

LockedFile::LockedFile(LockedFile&& other) noexcept
    : path_(std::move(other.path_)),
      new_(other.new_),
      file_(std::exchange(other.file_, -1)),
      name_(std::exchange(other.name_, -1)) {}

namespace {

// Whether an error number says that the system (a sandbox, for one) lacks a system call, or this
// use of it.
bool is_unknown_call(int cause) {
    return cause == EINVAL || cause == ENOSYS || cause == EOPNOTSUPP;
}

}  // namespace

LockedFile::~LockedFile() {
    if (file_ >= 0) {
        own_files().remove(file_);
        ::close(file_);
    }
    if (name_ >= 0) ::close(name_);
}

FileIdentity LockedFile::identity() const {
    struct stat file {};
    struct statx more {};
    if (::fstat(file_, &file) != 0) return {};
    const bool told = ::statx(file_, "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0 &&
                      (more.stx_mask & STATX_BTIME) != 0;
    const auto born = told ? more.stx_btime : decltype(more.stx_btime){};
    return {.device = file.st_dev,
            .number = file.st_ino,
            .born_ns = born.tv_sec * 1'000'000'000 + born.tv_nsec};
}

Result<void> LockedFile::check_known(const std::string& path, const FileIdentity& known) const {
    if (identity() != known) {
        return refused(path + " is another file now than the ledger: put the first one back");
    }
    struct stat file {};
    if (::fstat(file_, &file) == 0 && file.st_size > 0) return {};
    return refused(path + " was emptied: put the ledger back");
}

Result<void> LockedFile::open(const std::string& path, const FileIdentity& known) {
    const bool is_known = known != FileIdentity();
    file_ = is_known ? ::open(path.c_str(), O_RDWR | O_CLOEXEC) : create(path);
    if (file_ < 0 && is_known && errno == ENOENT) {
        return refused(path + " was moved or removed: put the same file back");
    }
    if (file_ < 0) return failed(path, "file", errno);
    if (is_known) {
        if (auto same = check_known(path, known); !same) return same;
    }
    struct stat file {};
    if (::fstat(file_, &file) != 0) return failed(path, "file", errno);
    own_files().add(file);
    if (!S_ISREG(file.st_mode)) return refused(path + " is no plain file");
    new_ = file.st_size == 0;
    std::error_code error;
    path_ = fs::canonical(path, error).string();
    if (error) return failed(path, "file", error.value());
    return {};
}

// This lock belongs to the open file description (F_OFD_SETLK). SQLite's locks belong to the
// process, so it does not go when they do; nor do they conflict, as they are on other bytes.
Result<void> LockedFile::lock() {
    struct flock range = host_lock();
    bool locked = ::fcntl(file_, F_OFD_SETLK, &range) == 0;
    const int cause = errno;
    if (!locked && is_unknown_call(cause)) {
        observe::warn(
            "this system has no locks of open files: only {}-lock keeps a second host from {}",
            path_, path_);
        locked = true;
    }
    if (!locked && cause != EAGAIN && cause != EACCES) return failed(path_, "file", cause);
    auto named = lock_name();
    if (!named) return named;
    if (!locked) return busy(path_, {});
    struct stat file {
    }, found{};
    if (::fstat(file_, &file) != 0) return failed(path_, "file", errno);
    if (::stat(path_.c_str(), &found) != 0 || !is_same(file, found)) {
        return refused(path_ + " was replaced while it was opened");
    }
    if (file.st_nlink > 1) return has_names(path_, file.st_nlink);
    write_holder(name_);
    return {};
}

Result<void> LockedFile::lock_name() {
    const auto name = path_ + "-lock";
    name_ = create(name);
    if (name_ < 0) return failed(name, "lock file", errno);
    if (::flock(name_, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return failed(name, "lock file", errno);
    return busy(path_, read_holder(name_));
}

Result<void> make_folder(const std::string& path) {
    const auto folder = fs::path(path).parent_path().string();
    if (folder.empty() || ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return no_folder(folder, errno);
}

Result<void> would_make_folder(const std::string& path, bool with_parents) {
    const fs::path folder = fs::path(path).parent_path();
    std::error_code error;
    if (folder.empty() || fs::exists(folder, error)) return {};
    fs::path above = folder.parent_path();
    while (with_parents && above.has_relative_path() && !fs::exists(above, error)) {
        above = above.parent_path();
    }
    if (may(above, W_OK | X_OK)) return {};
    return no_folder(folder.string(), errno);
}

std::vector<std::string> access_faults(const std::string& path) {
    std::vector<std::string> faults;
    const auto look = [&](const std::string& name, mode_t forbidden, std::string_view command) {
        struct stat found {};
        if (::stat(name.c_str(), &found) != 0) return;
        if (found.st_uid != ::geteuid() && found.st_uid != 0) {
            faults.push_back(
                fmt::format("{} belongs to another user (number {}), who may change "
                            "it: chown it to the host's user",
                            name, found.st_uid));
        }
        if ((found.st_mode & forbidden) == 0) return;
        const bool written = (found.st_mode & forbidden & 0222) != 0;
        faults.push_back(fmt::format("{} can be {} by other users: {} {}", name,
                                     written ? "written" : "read", command, name));
    };
    for (const char* end : {"", "-wal", "-shm", "-lock"}) look(path + end, 0066, "chmod 600");
    look(fs::path(path).parent_path().string(), 0022, "chmod go-w");
    if (is_mounted_alone(path)) {
        faults.push_back(
            fmt::format("{0} is mounted by itself, so that {0}-wal, a part of it, "
                        "stands outside of the mount: mount the folder",
                        path));
    }
    return faults;
}

}  // namespace bellwether::ledger
