#include "plugin/private_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <span>

#include "base/sha256.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/ownership.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;

constexpr std::size_t k_file_bytes_max = 256u << 20;

std::string system_error() { return std::strerror(errno); }

std::expected<void, std::string> check_file(const fs::path& file, int fd) {
    struct stat info {};
    if (fstat(fd, &info) != 0) return Refusal(system_error());
    if (!S_ISREG(info.st_mode)) return Refusal("it is not a regular file");
    return check_ownership(file, info);
}

std::expected<std::vector<char>, std::string> read_all(int fd) {
    std::vector<char> bytes;
    char block[65536];
    ssize_t got = 0;
    while ((got = read(fd, block, sizeof(block))) > 0 && bytes.size() <= k_file_bytes_max) {
        bytes.insert(bytes.end(), block, block + got);
    }
    if (got < 0) return Refusal(fmt::format("it cannot be read: {}", system_error()));
    if (bytes.size() > k_file_bytes_max) {
        return Refusal(fmt::format("it is larger than {} MiB", k_file_bytes_max >> 20));
    }
    return bytes;
}

// Checks and reads one and the same open file, whatever happens to its name meanwhile.
std::expected<std::vector<char>, std::string> read_file(const fs::path& file) {
    const auto place = follow_safely(file);
    if (!place) return Refusal(place.error());
    const int fd = open(place->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) return Refusal(fmt::format("it cannot be read: {}", system_error()));
    const auto permitted = check_file(*place, fd);
    auto bytes = permitted ? read_all(fd) : Refusal(permitted.error());
    close(fd);
    return bytes;
}

// The original files, by the path of the copy. No lock: plugins are loaded one after the other, on
// one thread.
std::map<std::string, std::string>& originals() {
    static auto& all = *new std::map<std::string, std::string>;
    return all;
}

bool write_all(int fd, std::span<const char> bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = write(fd, bytes.data(), bytes.size());
        if (wrote <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return true;
}

}  // namespace

std::expected<std::vector<char>, std::string> read_library(const fs::path& file) {
    auto bytes = read_file(file);
    if (!bytes) return bytes;
    if (auto checked = check_library(*bytes); !checked) return Refusal(checked.error());
    return bytes;
}

std::string sha256_of(const std::vector<char>& bytes) {
    return to_hex(sha256({bytes.data(), bytes.size()}));
}

std::expected<Descriptor, std::string> sealed_copy(const fs::path& file, std::vector<char> bytes) {
    keep_symbols_apart(bytes);
    Descriptor copy(memfd_create(file.filename().c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy || !write_all(copy.get(), bytes)) {
        return Refusal(fmt::format("no private copy could be made: {}", system_error()));
    }
    fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    return copy;
}

fs::path path_of(const Descriptor& copy) {
    return fmt::format("/proc/{}/fd/{}", getpid(), copy.get());
}

// The descriptor stays open for the life of the process: debuggers and sanitizers read the symbols
// through its path.
std::expected<fs::path, std::string> private_copy(const fs::path& file, std::vector<char> bytes) {
    static auto& copies = *new std::map<std::string, fs::path>;
    fs::path& known = copies[fmt::format("{}\n{}", file.string(), sha256_of(bytes))];
    if (!known.empty()) return known;
    auto copy = sealed_copy(file, std::move(bytes));
    if (!copy) return Refusal(copy.error());
    known = path_of(*copy);
    copy->release();
    remember_original(known, file);
    return known;
}

void remember_original(const fs::path& path, const fs::path& file) {
    originals()[path.string()] = file.string();
}

std::string original_of(const std::string& path) {
    const auto found = originals().find(path);
    return found == originals().end() ? path : found->second;
}

// Goes backwards through the map, so that a path such as .../fd/12 is replaced before .../fd/1,
// with which it begins.
std::string with_originals(std::string text) {
    for (auto known = originals().rbegin(); known != originals().rend(); ++known) {
        const auto& [copy, file] = *known;
        for (auto at = text.find(copy); at != std::string::npos;
             at = text.find(copy, at + file.size())) {
            text.replace(at, copy.size(), file);
        }
    }
    return text;
}

}  // namespace bellwether::plugin
