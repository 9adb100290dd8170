#include "plugin/bundled_libraries.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "plugin/abandoned.hpp"
#include "plugin/library_search.hpp"
#include "plugin/loaded_names.hpp"
#include "plugin/private_copy.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;
using Checked = std::expected<void, std::string>;

// The libraries that plugins have brought along so far, by name. The linker uses a loaded library
// for every later one of the same name.
struct Brought {
    fs::path file;
    std::string sha256;
};
std::map<std::string, Brought>& brought() {
    static auto& all = *new std::map<std::string, Brought>;
    return all;
}

// Makes a new folder for links that only this user can open. Links need little room, and no code is
// run from the folder, so it may be on a small file system or on one mounted noexec.
fs::path make_tree() {
    const char* const own = std::getenv("XDG_RUNTIME_DIR");
    std::error_code error;
    for (const fs::path& base :
         {fs::path("/dev/shm"), fs::path("/run"), fs::path(own == nullptr ? "" : own),
          fs::temp_directory_path(error)}) {
        if (base.empty()) continue;
        sweep_abandoned(base);
        std::string pattern = (base / (own_prefix() + "XXXXXX")).string();
        if (mkdtemp(pattern.data()) != nullptr) return pattern;
    }
    return {};
}

}  // namespace

class BundledLibraries::Gathering : public LibrarySearch {
  public:
    Gathering(BundledLibraries& beside, const fs::path& plugin, const fs::path& copy)
        : LibrarySearch(plugin), beside_(beside), copy_(copy) {}

  private:
    std::optional<fs::path> loaded(const std::string& name) const override {
        return loaded_as(name);
    }

    Checked judge(const FoundLibrary& library, const fs::path& runs) override {
        const auto known = brought().find(library.name);
        if (known == brought().end()) {
            warn_of_other(library, original_of(runs.string()));
            return {};
        }
        if (known->second.sha256 == library.sha256) return {};
        return refuse(library.file,
                      fmt::format("{}, another library of that name, already runs in the host, "
                                  "which can have but one; give one of them another name and link "
                                  "its plugin anew",
                                  known->second.file.string()));
    }

    // What lies at a full path is loaded from there.
    Checked take(const FoundLibrary& library, std::vector<char> bytes) override {
        if (library.origin.by_origin) {
            auto copy = private_copy(library.file, std::move(bytes));
            if (!copy) return refuse(library.file, copy.error());
            if (auto laid = lay(library.origin.laid / library.name, *copy); !laid) {
                return refuse(library.file, laid.error());
            }
        }
        brought().insert_or_assign(library.name, Brought{library.file, library.sha256});
        return {};
    }

    // Puts a link to the copy where the linker will look for `place`.
    Checked lay(const fs::path& place, const fs::path& copy) {
        if (beside_.tree_.empty()) {
            beside_.tree_ = make_tree();
            if (beside_.tree_.empty()) {
                return Refusal(
                    "there is no folder to lay it out in: /dev/shm, /run and the folder "
                    "for temporary files cannot be written");
            }
            beside_.entry_ = beside_.tree_ / file().relative_path();
            if (auto laid = link(file(), copy_); !laid) return laid;
        }
        return link(place, copy);
    }

    Checked link(const fs::path& place, const fs::path& copy) {
        std::error_code error;
        fs::path at = beside_.tree_;
        int depth = 0;
        for (const fs::path& part : place.parent_path().relative_path()) {
            depth += part == ".." ? -1 : part == "." ? 0 : 1;
            if (depth < 0) return Refusal("it is looked for above the root of all folders");
            at /= part;
            fs::create_directory(at, error);  // most are there
        }
        fs::create_symlink(copy, at / place.filename(), error);
        if (error && error != std::errc::file_exists) {
            return Refusal(fmt::format("it cannot be laid out: {}", error.message()));
        }
        remember_original(at / place.filename(), original_of(copy.string()));
        return {};
    }

    BundledLibraries& beside_;
    const fs::path& copy_;
};

std::expected<BundledLibraries, std::string> BundledLibraries::gather(const fs::path& file,
                                                                      const fs::path& copy,
                                                                      const Dependencies& needs) {
    BundledLibraries beside;
    beside.entry_ = copy;
    Gathering gathering(beside, file, copy);
    if (auto gathered = gathering.go(needs); !gathered) return Refusal(gathered.error());
    return beside;
}

BundledLibraries BundledLibraries::in_order(fs::path copy, std::vector<fs::path> libraries) {
    BundledLibraries before;
    before.first_ = std::move(libraries);
    before.entry_ = std::move(copy);
    return before;
}

BundledLibraries::~BundledLibraries() {
    std::error_code ignored;
    if (!tree_.empty()) fs::remove_all(tree_, ignored);
}

std::string BundledLibraries::with_real_names(std::string text) const {
    text = with_originals(std::move(text));
    if (tree_.empty()) return text;
    for (auto at = text.find(tree_.string()); at != std::string::npos;
         at = text.find(tree_.string(), at)) {
        text.erase(at, tree_.string().size());
    }
    return text;
}

}  // namespace bellwether::plugin
