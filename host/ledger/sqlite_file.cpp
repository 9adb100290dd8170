#include "ledger/sqlite_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace bw::ledger {
namespace {

std::unexpected<Error> failed(const std::string& path, std::string_view what, int cause) {
    return fail(ErrorKind::unavailable, fmt::format("the ledger's {} {} cannot be written: {}",
                                                    what, path, std::strerror(cause)));
}

int create(const std::string& path) {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
    const auto name = path + "-lock";
    FileLock lock(create(name));
    if (lock.descriptor_ < 0) return failed(name, "lock file", errno);
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return failed(name, "lock file", errno);
    return fail(ErrorKind::unavailable,
                fmt::format("{}: another host uses this ledger; give each host a file of its own, "
                            "or share one ledger through redis://",
                            path));
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> make_folder(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty() || ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("the ledger's folder {} is not there and cannot be made: {}", folder,
                            std::strerror(errno)));
}

Result<void> make_file(const std::string& path) {
    const int descriptor = create(path);
    if (descriptor < 0) return failed(path, "file", errno);
    ::close(descriptor);
    return {};
}

}  // namespace bw::ledger
