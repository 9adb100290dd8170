#include "plugin/bundled_libraries.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#include <stdlib.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "observe/log.hpp"
#include "plugin/abandoned.hpp"
#include "plugin/private_copy.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;
using Checked = std::expected<void, std::string>;

constexpr std::size_t k_libraries_max = 256;  // of one plugin

// The rest of a place behind "$ORIGIN"; nothing if the place does not begin with that.
std::optional<std::string> behind_origin(const std::string& place) {
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
        if (!place.starts_with(origin)) continue;
        std::string rest = place.substr(origin.size());
        if (rest.empty() || rest.front() == '/') return rest;
    }
    return std::nullopt;
}

// The file of the library that is already loaded under this name, if there is one.
std::optional<fs::path> loaded_as(const std::string& name) {
    void* const handle = dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) return std::nullopt;
    link_map* map = nullptr;
    const bool known = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name != nullptr;
    fs::path file = known ? map->l_name : "";
    dlclose(handle);
    return file;
}

// Refuses a place that the host cannot follow. The linker takes a relative one from the folder in
// which the host was started, and only the linker knows what a variable such as $LIB stands for.
Checked check_place(const std::string& place) {
    constexpr std::string_view k_remedy =
        "which is wherever the host is started; link it with -Wl,-rpath,'$ORIGIN', for beside the "
        "plugin, or with a full path";
    if (place.empty()) {
        return Refusal(fmt::format(
            "it looks for libraries at an empty place (a \":\" too many in its rpath), {}",
            k_remedy));
    }
    const std::string rest = behind_origin(place).value_or(place);
    if (!rest.empty() && rest.front() != '/' && rest.find('$') == std::string::npos) {
        return Refusal(fmt::format("it looks for libraries in \"{}\", {}", place, k_remedy));
    }
    if (rest.find('$') == std::string::npos) return {};
    return Refusal(fmt::format(
        "it looks for libraries in \"{}\", of which the host knows nothing but a $ORIGIN at its "
        "beginning; link it with -Wl,-rpath,'$ORIGIN', or with a full path",
        place));
}

Checked check_name(const std::string& name) {
    if (name.starts_with('/') || name.find('/') == std::string::npos) return {};
    return Refusal(
        fmt::format("it needs \"{}\", which is a path, and no full one; give that library a "
                    "-soname without \"/\", and link it by its name (-l) and with "
                    "-Wl,-rpath,'$ORIGIN'",
                    name));
}

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

fs::path folder_meant(const std::string& place, const fs::path& folder) {
    if (const auto rest = behind_origin(place)) return folder.string() + *rest;
    if (place.starts_with('/') && place.find('$') == std::string::npos) return place;
    return {};
}

// Goes through the libraries that the plugin needs, and then through those that these need.
class BundledLibraries::Gathering {
  public:
    Gathering(BundledLibraries& beside, const fs::path& file, const fs::path& copy)
        : beside_(beside), file_(file), copy_(copy) {}

    Checked go(const Dependencies& needs) {
        std::error_code error;
        const fs::path real = fs::canonical(file_, error);
        Origin origin{.folders = {file_.parent_path()}, .laid = file_.parent_path()};
        // If `file_` is a link, the plugin finds the libraries beside the link's target, too.
        if (!error && real.parent_path() != file_.parent_path()) {
            origin.folders.push_back(real.parent_path());
        }
        waiting_.push_back({.origin = std::move(origin), .needs = needs});
        while (!waiting_.empty()) {
            const FoundLibrary library = std::move(waiting_.front());
            waiting_.pop_front();
            if (auto taken = take_needs(library); !taken) return taken;
        }
        return {};
    }

  private:
    // What $ORIGIN means in the places of a library.
    struct Origin {
        std::vector<fs::path> folders;  // where the library is
        fs::path laid = {};             // the folder in which the linker finds the library's copy
        bool copied = true;             // false: the linker loads the library's own file
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
        fs::path file = {};  // empty: the plugin
    };

    static Refusal of(const FoundLibrary& library, const std::string& why) {
        return library.file.empty() ? Refusal(why) : refuse(library.file, why);
    }

    // The places in which the linker looks for what the library needs, in its order: a DT_RUNPATH
    // alone, or the DT_RPATH of the library, of the library that needs this one, and so on.
    static std::vector<Place> places_of(const FoundLibrary& library) {
        std::vector<Place> places;
        for (const std::string& text : library.needs.places) {
            places.push_back({text, library.origin});
        }
        if (places.empty() || library.needs.places_are_inherited) {
            places.insert(places.end(), library.inherited.begin(), library.inherited.end());
        }
        return places;
    }

    Checked take_needs(const FoundLibrary& library) {
        for (const std::string& place : library.needs.places) {
            if (auto checked = check_place(place); !checked) return of(library, checked.error());
        }
        const std::vector<Place> places = places_of(library);
        for (const std::string& name : library.needs.libraries) {
            if (auto checked = check_name(name); !checked) return of(library, checked.error());
            if (!seen_.insert(name).second) continue;
            if (seen_.size() > k_libraries_max) return Refusal("it needs too many libraries");
            auto taken = name.starts_with('/') ? take(name, name, library, {})
                                               : look_for(name, library, places);
            if (!taken) return taken;
        }
        return {};
    }

    Checked look_for(const std::string& name, const FoundLibrary& needing,
                     const std::vector<Place>& places) {
        std::error_code error;
        for (const Place& place : places) {
            for (const fs::path& folder : place.origin.folders) {
                const fs::path meant = folder_meant(place.text, folder);
                if (meant.empty() || !fs::exists(meant / name, error)) continue;
                return take(name, meant / name, needing, place);
            }
        }
        return {};  // it may be one of the system's: the linker will look for it
    }

    Checked take(const std::string& name, const fs::path& found, const FoundLibrary& needing,
                 const Place& place) {
        const fs::path file = found.lexically_normal();
        auto bytes = read_library(file);
        if (!bytes) return refuse(file, bytes.error());
        const std::string sha256 = sha256_of(*bytes);
        if (const auto runs = loaded_as(name)) return check_same(name, file, sha256, *runs);
        const auto behind = behind_origin(place.text);
        FoundLibrary library{
            .origin = {.folders = {found.parent_path()}, .copied = place.origin.copied && behind},
            .needs = read_needs(*bytes),
            .inherited = handed_on(needing),
            .file = file};
        if (library.origin.copied) {
            auto copy = private_copy(file, std::move(*bytes));
            if (!copy) return refuse(file, copy.error());
            library.origin.laid = place.origin.laid.string() + *behind;
            if (auto laid = lay(library.origin.laid / name, *copy); !laid)
                return refuse(file, laid.error());
        }
        brought().insert_or_assign(name, Brought{file, sha256});
        waiting_.push_back(std::move(library));
        return {};
    }

    // The places that a library hands on to those it needs. A DT_RUNPATH is for the library alone.
    static std::vector<Place> handed_on(const FoundLibrary& library) {
        return library.needs.places_are_inherited ? places_of(library) : library.inherited;
    }

    static Refusal refuse(const fs::path& file, const std::string& why) {
        return Refusal(fmt::format("it brings along {}: {}", file.string(), why));
    }

    Checked check_same(const std::string& name, const fs::path& file, const std::string& sha256,
                       const fs::path& runs) {
        const auto known = brought().find(name);
        if (known == brought().end()) {
            warn_of_other(name, file, sha256, original_of(runs.string()));
            return {};
        }
        if (known->second.sha256 == sha256) return {};
        return refuse(file, fmt::format("{}, another library of that name, already runs in the "
                                        "host, which can have but one; give one of them another "
                                        "name and link its plugin anew",
                                        known->second.file.string()));
    }

    // Only a warning, as the host's own library is mostly as good: plugins that are built to be
    // portable bring along the C++ library and the like.
    void warn_of_other(const std::string& name, const fs::path& file, const std::string& sha256,
                       const fs::path& runs) {
        const auto bytes = read_library(runs);
        if (bytes && sha256_of(*bytes) == sha256) return;
        observe::warn(
            "the plugin {} gets {} in place of {}, which it brings along: that runs in the host "
            "already, which can have but one {}; to have its own, give it another -soname",
            file_.string(), runs.string(), file.string(), name);
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

    BundledLibraries& beside_;
    const fs::path& file_;
    const fs::path& copy_;
    std::deque<FoundLibrary> waiting_;
    std::set<std::string> seen_;
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
