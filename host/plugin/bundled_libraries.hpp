// The libraries that a plugin brings along: those that it needs and that lie at a place relative to
// its own file ($ORIGIN). The host runs a copy of the plugin from memory, beside which nothing
// lies. So these libraries are checked and copied in the same way, and links to the copies are laid
// out in a folder tree where the linker looks for them. A child process is given its copies in
// another way (isolated/library_copies.hpp). Used at start-up, on one thread.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "plugin/elf_file.hpp"

namespace bellwether::plugin {

class BundledLibraries {
  public:
    // Gathers the libraries that the plugin `file` needs; `copy` is its private copy. The error is
    // a sentence: another user could change one of the libraries, it is cut short, or it differs
    // from a library of the same name that is already loaded.
    static std::expected<BundledLibraries, std::string> gather(const std::filesystem::path& file,
                                                               const std::filesystem::path& copy,
                                                               const Dependencies& needs);
    // Those of a child process, which has copies of them all: `libraries` are opened one by one
    // before the plugin, so that the linker finds them by their DT_SONAME.
    static BundledLibraries in_order(std::filesystem::path copy,
                                     std::vector<std::filesystem::path> libraries);
    BundledLibraries(BundledLibraries&& other) noexcept
        : first_(std::move(other.first_)),
          entry_(std::move(other.entry_)),
          tree_(std::exchange(other.tree_, {})) {}
    ~BundledLibraries();

    // The paths that the linker must open before the entry.
    const std::vector<std::filesystem::path>& first() const { return first_; }
    // The path that the linker must open while this object lives: the copy itself or, if libraries
    // come along, a link to it in the tree.
    const std::filesystem::path& entry() const { return entry_; }
    // A message of the linker, with the names of the original files in place of the copies'.
    std::string with_real_names(std::string text) const;

  private:
    class Gathering;
    BundledLibraries() = default;

    std::vector<std::filesystem::path> first_;
    std::filesystem::path entry_;
    std::filesystem::path tree_;  // links to the copies; empty if there is none
};

}  // namespace bellwether::plugin
