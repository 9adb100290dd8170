// The libraries that a plugin brings along: those that it needs and that its file says to look for
// at a place relative to its own ($ORIGIN). The host runs a copy of the plugin from memory, which
// has no such place, so they are copied alike, under the same rules, and laid where the copy looks.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <utility>

#include "plugin/elf_file.hpp"

namespace bw::plugin {

class Beside {
  public:
    // Gathers what `file` needs, whose private copy is `copy`. The error is a sentence: one of the
    // libraries could be changed by others, is cut, or is another than one of its name that already
    // runs.
    static std::expected<Beside, std::string> gather(const std::filesystem::path& file,
                                                     const std::filesystem::path& copy,
                                                     const Needs& needs);
    Beside(Beside&& other) noexcept
        : entry_(std::move(other.entry_)), tree_(std::exchange(other.tree_, {})) {}
    ~Beside();

    // What the linker is to open, while this object lives: the copy, unless libraries came along.
    const std::filesystem::path& entry() const { return entry_; }
    // A text of the linker's with files' own names in place of the copies'.
    std::string with_real_names(std::string text) const;

  private:
    class Gathering;
    Beside() = default;

    std::filesystem::path entry_;
    std::filesystem::path tree_;  // links to the copies; empty if there is none
};

// The folder that `place` of an RPATH or RUNPATH means for a library in `folder`; empty if it means
// none that can be told.
std::filesystem::path folder_meant(const std::string& place, const std::filesystem::path& folder);

}  // namespace bw::plugin
