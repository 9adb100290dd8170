// A plugin file that has been loaded. This is the only code that calls Boost.DLL.
//
// The host runs a private, sealed copy of the file and of the libraries that it brings along. So
// replacing or truncating the original cannot touch a running process, and the bytes that were
// hashed are those that run, except that symbols which g++ shares within a process are made the
// copy's own (keep_symbols_apart). A library is never unloaded: a file that changed is loaded
// beside what it was, and the same content is loaded once.
#pragma once

#include <bellwether/provider.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/elf_file.hpp"

namespace bellwether::plugin {

namespace isolated {
class Keepers;
struct Description;
struct Wanted;
}  // namespace isolated

class BundledLibraries;

class Library {
  public:
    // Loads `file` (absolute) and checks its tables. `sha256` pins the content; empty: any. `id`:
    // which of several plugins in the file is meant; empty: there is only one. The error is one
    // sentence that says why the file was refused and what to do.
    static std::expected<std::shared_ptr<const Library>, std::string> load(
        const std::filesystem::path& file, std::string_view sha256 = {}, std::string_view id = {});
    // The same, in child processes: no code of the plugin's runs in this one. Its table's functions
    // ask the child that the worker has, if there are several.
    static std::expected<std::shared_ptr<const Library>, std::string> load_isolated(
        const std::filesystem::path& file, std::string_view sha256, std::string_view id,
        const isolated::Wanted& wanted);
    // Opens a file that has been checked, from a private copy, as `beside` has it.
    static std::expected<std::shared_ptr<const Library>, std::string> open(
        const std::filesystem::path& file, const Dependencies& needs,
        const BundledLibraries& beside, std::string_view id);

    const bw_plugin& table() const { return *table_; }
    const std::filesystem::path& file() const { return file_; }
    const std::string& sha256() const { return sha256_; }
    // The plugin's side of an extension, or nullptr.
    const void* extension(const char* id) const;
    // The same plugin in child processes of its own, from the copies that these were begun with.
    // Only for one with keepers.
    std::expected<std::shared_ptr<const Library>, std::string> in_new_processes(
        const isolated::Wanted& wanted) const;
    // What it says of itself, without its child processes, for a provider that serves nothing. Only
    // for one with keepers; the processes end when nobody else has them. No function of the table
    // may be called.
    std::shared_ptr<const Library> without_process() const;
    // Its child processes; null: it runs in this one.
    isolated::Keepers* keepers() const { return keepers_.get(); }

  private:
    Library() = default;
    // Reads the file, unless the pin is another's, and notes which one it is.
    std::expected<std::vector<char>, std::string> read(const std::filesystem::path& file,
                                                       std::string_view sha256);
    void keep(std::shared_ptr<isolated::Keepers> keepers);

    const bw_plugin* table_ = nullptr;
    std::filesystem::path file_;
    std::string sha256_;
    std::shared_ptr<isolated::Keepers> keepers_;
    std::shared_ptr<const isolated::Description> description_;  // of one that had keepers
    bw_plugin own_table_{};                                     // of one that has or had keepers
};

// The file that `plugin` means: itself if it is a path (relative to `base`), else `plugin`.so in
// the first of `folders` that has it. The error lists where it was looked for.
std::expected<std::filesystem::path, std::string> locate(
    std::string_view plugin, const std::filesystem::path& base,
    std::span<const std::filesystem::path> folders);

}  // namespace bellwether::plugin
