#include "plugin/beside.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "plugin/private_copy.hpp"

namespace bw::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;
using Checked = std::expected<void, std::string>;

constexpr std::size_t k_libraries_max = 256;  // of one plugin

// What stands behind "$ORIGIN" in a place, if it begins so.
std::optional<std::string> behind_origin(const std::string& place) {
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
        if (!place.starts_with(origin)) continue;
        std::string rest = place.substr(origin.size());
        if (rest.empty() || rest.front() == '/') return rest;
    }
    return std::nullopt;
}

bool is_loaded(const std::string& name) {
    void* const handle = dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) return false;
    dlclose(handle);
    return true;
}

// What plugins have brought along so far. The linker takes a loaded library for every other of its
// name.
struct Brought {
    fs::path file;
    std::string sha256;
};
std::map<std::string, Brought>& brought() {
    static auto& all = *new std::map<std::string, Brought>;
    return all;
}

// A new folder that is ours alone, for links: neither much room nor leave to run code is needed.
fs::path make_tree() {
    const char* const own = std::getenv("XDG_RUNTIME_DIR");
    std::error_code error;
    for (const fs::path& base :
         {fs::path("/dev/shm"), fs::path("/run"), fs::path(own == nullptr ? "" : own),
          fs::temp_directory_path(error)}) {
        if (base.empty()) continue;
        std::string pattern = (base / "bellwether-plugin-XXXXXX").string();
        if (mkdtemp(pattern.data()) != nullptr) return pattern;
    }
    return {};
}

}  // namespace

fs::path folder_meant(const std::string& place, const fs::path& folder) {
    if (const auto rest = behind_origin(place)) return folder.string() + *rest;
    if (place.starts_with('/') && place.find('$') == std::string::npos) return place;
    return {};
}

// Goes through what the plugin needs, and what that needs.
class Beside::Gathering {
  public:
    Gathering(Beside& beside, const fs::path& file, const fs::path& copy)
        : beside_(beside), file_(file), copy_(copy) {}

    Checked go(const Needs& needs) {
        std::error_code error;
        const fs::path real = fs::canonical(file_, error);
        Library plugin{
            .folders = {file_.parent_path()}, .laid = file_.parent_path(), .needs = needs};
        // A plugin behind a link finds what lies beside it there, too.
        if (!error && real.parent_path() != file_.parent_path()) {
            plugin.folders.push_back(real.parent_path());
        }
        waiting_.push_back(std::move(plugin));
        while (!waiting_.empty()) {
            const Library library = std::move(waiting_.front());
            waiting_.pop_front();
            if (auto taken = take_needs(library); !taken) return taken;
        }
        return {};
    }

  private:
    struct Library {
        std::vector<fs::path> folders;  // where it is: what $ORIGIN means
        fs::path laid = {};             // the folder that the linker will find its copy in
        bool copied = true;             // or loaded from its own file
        Needs needs;
        std::vector<std::string> inherited = {};  // places
    };

    Checked take_needs(const Library& library) {
        std::vector<std::string> places = library.needs.places;
        places.insert(places.end(), library.inherited.begin(), library.inherited.end());
        for (const std::string& name : library.needs.libraries) {
            if (name.find('/') != std::string::npos || !seen_.insert(name).second) continue;
            if (seen_.size() > k_libraries_max) return Refusal("it needs too many libraries");
            if (auto taken = look_for(name, library, places); !taken) return taken;
        }
        return {};
    }

    Checked look_for(const std::string& name, const Library& needing,
                     const std::vector<std::string>& places) {
        std::error_code error;
        for (const std::string& place : places) {
            for (const fs::path& folder : needing.folders) {
                const fs::path meant = folder_meant(place, folder);
                if (meant.empty() || !fs::exists(meant / name, error)) continue;
                return take(name, meant / name, needing, place);
            }
        }
        return {};  // it may be one of the system's; the linker looks
    }

    Checked take(const std::string& name, const fs::path& found, const Library& needing,
                 const std::string& place) {
        const fs::path file = found.lexically_normal();
        auto bytes = read_library(file);
        if (!bytes) return refuse(file, bytes.error());
        const std::string sha256 = sha256_of(*bytes);
        if (is_loaded(name)) return check_same(name, file, sha256);
        Library library{.folders = {found.parent_path()}, .needs = read_needs(*bytes)};
        const auto behind = behind_origin(place);
        library.copied = needing.copied && behind;
        if (library.needs.places_are_inherited || needing.needs.places_are_inherited) {
            library.inherited = needing.needs.places;
        }
        if (library.copied) {
            auto copy = private_copy(file, std::move(*bytes));
            if (!copy) return refuse(file, copy.error());
            library.laid = needing.laid.string() + *behind;
            if (auto laid = lay(library.laid / name, *copy); !laid)
                return refuse(file, laid.error());
        }
        brought().insert_or_assign(name, Brought{file, sha256});
        waiting_.push_back(std::move(library));
        return {};
    }

    static Refusal refuse(const fs::path& file, const std::string& why) {
        return Refusal(fmt::format("it brings along {}: {}", file.string(), why));
    }

    static Checked check_same(const std::string& name, const fs::path& file,
                              const std::string& sha256) {
        const auto known = brought().find(name);
        if (known == brought().end() || known->second.sha256 == sha256) return {};
        return refuse(file, fmt::format("{}, another library of that name, already runs in the "
                                        "host, which can have but one; give one of them another "
                                        "name and link its plugin anew",
                                        known->second.file.string()));
    }

    // Puts a link to the copy where the linker will look for `place`.
    Checked lay(const fs::path& place, const fs::path& copy) {
        std::error_code error;
        if (beside_.tree_.empty()) {
            beside_.tree_ = make_tree();
            if (beside_.tree_.empty()) {
                return Refusal(
                    "there is no folder to lay it out in: /dev/shm, /run and the folder "
                    "for temporary files cannot be written");
            }
            beside_.entry_ = beside_.tree_ / file_.relative_path();
            if (auto laid = link(file_, copy_); !laid) return laid;
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

    Beside& beside_;
    const fs::path& file_;
    const fs::path& copy_;
    std::deque<Library> waiting_;
    std::set<std::string> seen_;
};

std::expected<Beside, std::string> Beside::gather(const fs::path& file, const fs::path& copy,
                                                  const Needs& needs) {
    Beside beside;
    beside.entry_ = copy;
    Gathering gathering(beside, file, copy);
    if (auto gathered = gathering.go(needs); !gathered) return Refusal(gathered.error());
    return beside;
}

Beside::~Beside() {
    std::error_code ignored;
    if (!tree_.empty()) fs::remove_all(tree_, ignored);
}

std::string Beside::with_real_names(std::string text) const {
    text = with_originals(std::move(text));
    if (tree_.empty()) return text;
    for (auto at = text.find(tree_.string()); at != std::string::npos;
         at = text.find(tree_.string(), at)) {
        text.erase(at, tree_.string().size());
    }
    return text;
}

}  // namespace bw::plugin
