#include "plugin/library.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Boost.DLL would otherwise link Boost.Filesystem for paths that the standard library has.
#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <elf.h>
#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "plugin/ownership.hpp"

namespace bw::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;
using Entry = const bw_plugin*(std::uint32_t) noexcept;

constexpr std::size_t k_file_bytes_max = 256u << 20;
constexpr const char* k_entry = "bw_plugin_v1";

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

// The linker maps a file without asking whether it is all there: touching a missing page of a cut
// one would kill the process.
std::expected<void, std::string> check_complete(std::span<const char> bytes) {
    if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
        return Refusal("it is not a shared library (no ELF header)");
    }
    const auto within = [&bytes](std::uint64_t offset, std::uint64_t length) {
        return offset <= bytes.size() && length <= bytes.size() - offset;
    };
    const Refusal cut("it is cut or damaged; copy it again");
    Elf64_Ehdr head{};
    if (!within(0, sizeof(head))) return cut;
    std::memcpy(&head, bytes.data(), sizeof(head));
    if (head.e_ident[EI_CLASS] != ELFCLASS64) return Refusal("it is not built for 64 bits");
    const std::uint64_t segments = std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr);
    const std::uint64_t sections = std::uint64_t{head.e_shnum} * head.e_shentsize;
    if (!within(head.e_phoff, segments) || !within(head.e_shoff, sections)) return cut;
    for (std::size_t i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr segment{};
        std::memcpy(&segment, bytes.data() + head.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type == PT_LOAD && !within(segment.p_offset, segment.p_filesz)) return cut;
    }
    return {};
}

std::string hex_sha256(std::span<const char> bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1) {
        length = 0;
    }
    std::string hex;
    for (unsigned i = 0; i < length; ++i)
        fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
    return hex;
}

// A copy in memory that nobody, ourselves included, can change any more. The descriptor stays open
// for the life of the process: debuggers and sanitizers read the symbols through its path.
std::expected<fs::path, std::string> private_copy(const fs::path& file,
                                                  std::span<const char> bytes) {
    const int fd = memfd_create(file.filename().c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return Refusal(fmt::format("no private copy could be made: {}", system_error()));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t wrote = write(fd, bytes.data() + done, bytes.size() - done);
        if (wrote <= 0) {
            const std::string reason = system_error();
            close(fd);
            return Refusal(fmt::format("no private copy could be made: {}", reason));
        }
        done += static_cast<std::size_t>(wrote);
    }
    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    return fs::path(fmt::format("/proc/{}/fd/{}", getpid(), fd));
}

std::string without_copy_path(std::string text, const fs::path& copy, const fs::path& file) {
    for (auto at = text.find(copy.string()); at != std::string::npos;
         at = text.find(copy.string(), at + file.string().size())) {
        text.replace(at, copy.string().size(), file.string());
    }
    return text;
}

// A plugin's code stays mapped until the process ends, so its handle is never destroyed.
std::vector<std::unique_ptr<boost::dll::shared_library>>& loaded_libraries() {
    static auto& libraries = *new std::vector<std::unique_ptr<boost::dll::shared_library>>;
    return libraries;
}

std::expected<boost::dll::shared_library*, std::string> open_library(const fs::path& copy,
                                                                     const fs::path& file) {
    using boost::dll::load_mode::type;
    const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                      static_cast<type>(RTLD_NODELETE);
    try {
        return loaded_libraries()
            .emplace_back(std::make_unique<boost::dll::shared_library>(copy, mode))
            .get();
    } catch (const std::exception& error) {
        // Only the throwing constructor carries the linker's own words.
        std::string_view words = error.what();
        constexpr std::string_view k_mark = "dlerror system message: ";
        if (const auto at = words.find(k_mark); at != std::string_view::npos) {
            words.remove_prefix(at + k_mark.size());
        }
        while (words.ends_with(']') || words.ends_with(')')) words.remove_suffix(1);
        return Refusal(fmt::format("the dynamic linker refused it: {}",
                                   without_copy_path(std::string(words), copy, file)));
    }
}

std::string other_major(const boost::dll::shared_library& library) {
    for (int major = 2; major < 10; ++major) {
        if (library.has(fmt::format("bw_plugin_v{}", major))) {
            return fmt::format(
                "it speaks plugin ABI {}, this host speaks ABI 1; install a newer host or a build "
                "of "
                "the plugin for ABI 1",
                major);
        }
    }
    return fmt::format("it is not a Bellwether plugin: it does not export {}", k_entry);
}

template <typename... Functions>
bool all_set(Functions... functions) {
    return ((functions != nullptr) && ...);
}

std::expected<void, std::string> check_table(const bw_plugin& table) {
    if (table.size < offsetof(bw_plugin, extension)) {
        return Refusal(fmt::format("its table is too short ({} bytes) for ABI 1", table.size));
    }
    if (table.host_minor_needed > BW_ABI_MINOR) {
        return Refusal(
            fmt::format("it needs a host with plugin ABI 1.{} or later, this one has 1.{}; install "
                        "a newer host",
                        table.host_minor_needed, BW_ABI_MINOR));
    }
    if (!all_set(table.id, table.version, table.create, table.destroy, table.call_open,
                 table.call_head, table.call_data, table.call_end, table.call_close)) {
        return Refusal("its table leaves a required entry empty; rebuild it with the SDK");
    }
    return {};
}

std::expected<const bw_plugin*, std::string> read_table(const boost::dll::shared_library& library) {
    if (!library.has(k_entry)) return Refusal(other_major(library));
    const auto& entry = library.get<Entry>(k_entry);
    const bw_plugin* table = entry(BW_ABI_MINOR);
    if (table == nullptr) {
        return Refusal(fmt::format("it refuses this host (plugin ABI 1.{})", BW_ABI_MINOR));
    }
    if (auto checked = check_table(*table); !checked) return Refusal(checked.error());
    return table;
}

}  // namespace

std::expected<std::shared_ptr<const Library>, std::string> Library::load(const fs::path& file,
                                                                         std::string_view sha256) {
    auto bytes = read_file(file);
    if (!bytes) return Refusal(bytes.error());
    if (auto complete = check_complete(*bytes); !complete) return Refusal(complete.error());
    auto library = std::shared_ptr<Library>(new Library);
    library->file_ = file;
    library->sha256_ = hex_sha256(*bytes);
    if (!sha256.empty() && library->sha256_ != sha256) {
        return Refusal(fmt::format(
            "its SHA-256 is {}, the config pins {}; update the pin if you trust the new file",
            library->sha256_, sha256));
    }
    auto copy = private_copy(file, *bytes);
    if (!copy) return Refusal(copy.error());
    auto opened = open_library(*copy, file);
    if (!opened) return Refusal(opened.error());
    auto table = read_table(**opened);
    if (!table) return Refusal(table.error());
    library->table_ = *table;
    return library;
}

const void* Library::extension(const char* id) const {
    if (!BW_HAS(table_, extension) || table_->extension == nullptr) return nullptr;
    return table_->extension(id);
}

std::expected<fs::path, std::string> locate(std::string_view plugin, const fs::path& base,
                                            std::span<const fs::path> folders) {
    if (plugin.find('/') != std::string_view::npos) {
        const fs::path file = fs::absolute(base / plugin).lexically_normal();
        std::error_code error;
        if (fs::exists(file, error)) return file;
        return Refusal(fmt::format("there is no file {}", file.string()));
    }
    std::string looked;
    for (const auto& folder : folders) {
        fs::path file = folder / fmt::format("{}.so", plugin);
        std::error_code error;
        if (fs::exists(file, error)) return file;
        looked += fmt::format("{}{}", looked.empty() ? "" : ", ", folder.string());
    }
    return Refusal(fmt::format("there is no {}.so in {}; set plugin_path, or give the file's path",
                               plugin,
                               looked.empty() ? "any folder (plugin_path is empty)" : looked));
}

}  // namespace bw::plugin
