// Finds the libraries that a plugin brings along: those that it needs and that lie at the places
// that it names, and what these need in turn. Each is read and checked like the plugin. What
// becomes of it depends on the process that the plugin is for, so that a subclass says it. Used at
// start-up, on one thread.
#pragma once

#include <deque>
#include <expected>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugin/elf_file.hpp"

namespace bellwether::plugin {

class LibrarySearch {
  public:
    using Checked = std::expected<void, std::string>;

    // `file` is the plugin's (absolute).
    explicit LibrarySearch(std::filesystem::path file) : file_(std::move(file)) {}
    virtual ~LibrarySearch() = default;
    LibrarySearch(const LibrarySearch&) = delete;
    LibrarySearch& operator=(const LibrarySearch&) = delete;

    // `needs` are the plugin's. The error is a sentence: another user could change one of the
    // libraries, it is cut short, or the process has another one of its name.
    Checked go(const Dependencies& needs);

  protected:
    // What $ORIGIN means in the places of a library.
    struct Origin {
        std::vector<std::filesystem::path> folders;  // where the library is
        std::filesystem::path laid = {};  // the folder in which the linker finds the library's copy
        bool by_origin = true;            // false: some place on the way to it is a full path
    };

    // A place in which the linker looks, and the library that names the place.
    struct Place {
        std::string text;
        Origin origin;
    };

    struct FoundLibrary {
        Origin origin;
        Dependencies needs;
        std::vector<Place> inherited = {};
        std::filesystem::path file = {};  // empty: the plugin
        std::string name = {};            // by which it is needed
        std::string sha256 = {};
    };

    // The file that the process has under that name already, if it has one.
    virtual std::optional<std::filesystem::path> loaded(const std::string& name) const = 0;
    // Judges one in whose place `runs` is taken.
    virtual Checked judge(const FoundLibrary& library, const std::filesystem::path& runs) = 0;
    virtual Checked take(const FoundLibrary& library, std::vector<char> bytes) = 0;

    const std::filesystem::path& file() const { return file_; }
    static std::unexpected<std::string> refuse(const std::filesystem::path& library,
                                               const std::string& why);
    // Only a warning, as the host's own library is mostly as good: plugins that are built to be
    // portable bring along the C++ library and the like.
    void warn_of_other(const FoundLibrary& library, const std::filesystem::path& runs) const;

  private:
    static std::vector<Place> places_of(const FoundLibrary& library);
    static std::vector<Place> handed_on(const FoundLibrary& library);
    Checked find_needs(const FoundLibrary& library);
    Checked look_for(const std::string& name, const FoundLibrary& needing,
                     const std::vector<Place>& places);
    Checked found(const std::string& name, const std::filesystem::path& at,
                  const FoundLibrary& needing, const Place& place);

    const std::filesystem::path file_;
    std::deque<FoundLibrary> waiting_;
    std::set<std::string> seen_;
};

// The folder that `place` of an RPATH or RUNPATH means for a library in `folder`; empty if only the
// linker can tell.
std::filesystem::path folder_meant(const std::string& place, const std::filesystem::path& folder);

}  // namespace bellwether::plugin
