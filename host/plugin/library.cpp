#include "plugin/library.hpp"

#include <fmt/format.h>

// Boost.DLL would otherwise link Boost.Filesystem for paths that the standard library has.
#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <algorithm>
#include <bit>
#include <boost/dll/shared_library.hpp>
#include <map>
#include <vector>

#include "plugin/bundled_libraries.hpp"
#include "plugin/crash_report.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/proxy.hpp"
#include "plugin/linker_words.hpp"
#include "plugin/plugin_code.hpp"
#include "plugin/private_copy.hpp"
#include "plugin/table_check.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;
using Entry = const bw_plugin*(const bw_hello*) noexcept;

constexpr const char* k_entry = "bw_plugin_v1";

// A plugin's code stays mapped until the process ends, so its handle is never destroyed.
std::vector<std::unique_ptr<boost::dll::shared_library>>& loaded_libraries() {
    static auto& libraries = *new std::vector<std::unique_ptr<boost::dll::shared_library>>;
    return libraries;
}

std::expected<boost::dll::shared_library*, std::string> open_library(
    const fs::path& file, const Dependencies& needs, const BundledLibraries& beside) {
    using boost::dll::load_mode::type;
    const auto mode = boost::dll::load_mode::rtld_local | static_cast<type>(RTLD_NODELETE);
    const auto open = [](const fs::path& one, type how) {
        return loaded_libraries()
            .emplace_back(std::make_unique<boost::dll::shared_library>(one, how))
            .get();
    };
    try {
        // Lazily: a library may use functions of one that only the plugin says it needs. These are
        // found once the plugin is open.
        for (const fs::path& one : beside.first()) {
            open(one, mode | boost::dll::load_mode::rtld_lazy);
        }
        return open(beside.entry(), mode | boost::dll::load_mode::rtld_now);
    } catch (const std::exception& error) {
        // Boost.DLL gives the linker's own words only in what its throwing constructor throws.
        return Refusal(
            plain_words(beside.with_real_names(linker_words(error.what())), file, needs));
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

std::expected<const bw_plugin*, std::string> read_table(const boost::dll::shared_library& library) {
    if (!library.has(k_entry)) return Refusal(other_major(library));
    const auto& entry = library.get<Entry>(k_entry);
    if (auto own = check_entry_is_own(library.native(), std::bit_cast<const void*>(&entry)); !own) {
        return Refusal(own.error());
    }
    const bw_plugin* table = entry(&hello());
    if (table == nullptr) {
        return Refusal(fmt::format("it refuses this host (plugin ABI 1.{})", BW_ABI_MINOR));
    }
    return table;
}

// The libraries that were loaded, by the file, its content and the plugin in it: bytes that are
// mapped already are not mapped once more when the config is read again.
std::map<std::string, std::shared_ptr<const Library>>& known_libraries() {
    static auto& all = *new std::map<std::string, std::shared_ptr<const Library>>;
    return all;
}

// The tables of all plugins in the file, each of them checked.
std::expected<std::vector<const bw_plugin*>, std::string> follow(void* handle,
                                                                 const bw_plugin* first) {
    constexpr std::size_t k_plugins_max = 64;
    std::vector<const bw_plugin*> tables;
    for (const bw_plugin* table = first; table != nullptr; table = table->next) {
        const bool again = std::ranges::find(tables, table) != tables.end();
        if (again || tables.size() == k_plugins_max) {
            return Refusal(
                fmt::format("its chain of tables has more than {}, or is a circle", k_plugins_max));
        }
        if (auto checked = check_table(handle, *table); !checked) return Refusal(checked.error());
        const auto same = [table](const bw_plugin* one) {
            return std::string_view(one->id) == table->id;
        };
        if (std::ranges::any_of(tables, same)) {
            return Refusal(fmt::format("it holds two plugins \"{}\"", table->id));
        }
        tables.push_back(table);
    }
    return tables;
}

std::expected<const bw_plugin*, std::string> choose(const std::vector<const bw_plugin*>& tables,
                                                    std::string_view id) {
    std::string ids;
    for (const bw_plugin* table : tables) {
        if (id == table->id || (id.empty() && tables.size() == 1)) return table;
        ids.append(ids.empty() ? "" : ", ").append(table->id);
    }
    if (id.empty()) {
        return Refusal(
            fmt::format("it holds several plugins: {}; say which one, as in plugin = \"FILE#{}\"",
                        ids, tables.front()->id));
    }
    return Refusal(fmt::format("it holds no plugin \"{}\"; those it has: {}", id, ids));
}

// Code of the plugin runs in here: its constructors, and the function that it exports.
std::expected<const bw_plugin*, std::string> open_and_read(const fs::path& file,
                                                           const Dependencies& needs,
                                                           const BundledLibraries& beside,
                                                           std::string_view id) {
    name_plugins_in_crashes();
    give_thread_a_stack_for_crashes();
    enter_plugin({.function = "what runs when it is loaded", .provider = "", .file = file.c_str()});
    auto opened = open_library(file, needs, beside);
    const auto table = opened ? read_table(**opened) : Refusal(opened.error());
    const auto tables = table ? follow((*opened)->native(), *table) : Refusal(table.error());
    leave_plugin();
    if (!tables) return Refusal(tables.error());
    auto chosen = choose(*tables, id);
    if (chosen) note_plugin_code(*chosen, file.c_str(), (*chosen)->version);
    return chosen;
}

}  // namespace

std::expected<std::vector<char>, std::string> Library::read(const fs::path& file,
                                                            std::string_view sha256) {
    auto bytes = read_library(file);
    if (!bytes) return bytes;
    file_ = file;
    sha256_ = sha256_of(*bytes);
    if (sha256.empty() || sha256_ == sha256) return bytes;
    return Refusal(fmt::format(
        "its SHA-256 is {}, the config pins {}; update the pin if you trust the new file", sha256_,
        sha256));
}

std::expected<std::shared_ptr<const Library>, std::string> Library::load(const fs::path& file,
                                                                         std::string_view sha256,
                                                                         std::string_view id) {
    auto library = std::shared_ptr<Library>(new Library);
    auto bytes = library->read(file, sha256);
    if (!bytes) return Refusal(bytes.error());
    auto& known = known_libraries()[fmt::format("{}\n{}\n{}", file.string(), library->sha256_, id)];
    if (known) return known;
    const Dependencies needs = read_needs(*bytes);
    auto copy = private_copy(file, std::move(*bytes));
    if (!copy) return Refusal(copy.error());
    const auto beside = BundledLibraries::gather(file, *copy, needs);
    if (!beside) return Refusal(beside.error());
    auto table = open_and_read(file, needs, *beside, id);
    if (!table) return Refusal(table.error());
    library->table_ = *table;
    known = library;
    return library;
}

std::expected<std::shared_ptr<const Library>, std::string> Library::open(
    const fs::path& file, const Dependencies& needs, const BundledLibraries& beside,
    std::string_view id) {
    auto table = open_and_read(file, needs, beside, id);
    if (!table) return Refusal(table.error());
    auto library = std::shared_ptr<Library>(new Library);
    library->table_ = *table;
    library->file_ = file;
    return library;
}

const void* Library::extension(const char* id) const {
    if (keepers_ != nullptr) return isolated::extension_of(*keepers_, id);
    if (table_->extension == nullptr) return nullptr;
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

}  // namespace bellwether::plugin
