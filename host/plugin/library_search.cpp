#include "plugin/library_search.hpp"

#include <fmt/format.h>

#include <string_view>

#include "observe/log.hpp"
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

}  // namespace

fs::path folder_meant(const std::string& place, const fs::path& folder) {
    if (const auto rest = behind_origin(place)) return folder.string() + *rest;
    if (place.starts_with('/') && place.find('$') == std::string::npos) return place;
    return {};
}

// Goes through the libraries that the plugin needs, and then through those that these need.
Checked LibrarySearch::go(const Dependencies& needs) {
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
        if (auto all = find_needs(library); !all) return all;
    }
    return {};
}

// The places in which the linker looks for what the library needs, in its order: a DT_RUNPATH
// alone, or the DT_RPATH of the library, of the library that needs this one, and so on.
std::vector<LibrarySearch::Place> LibrarySearch::places_of(const FoundLibrary& library) {
    std::vector<Place> places;
    for (const std::string& text : library.needs.places) {
        places.push_back({text, library.origin});
    }
    if (places.empty() || library.needs.places_are_inherited) {
        places.insert(places.end(), library.inherited.begin(), library.inherited.end());
    }
    return places;
}

// The places that a library hands on to those it needs. A DT_RUNPATH is for the library alone.
std::vector<LibrarySearch::Place> LibrarySearch::handed_on(const FoundLibrary& library) {
    return library.needs.places_are_inherited ? places_of(library) : library.inherited;
}

Checked LibrarySearch::find_needs(const FoundLibrary& library) {
    const auto of = [&library](const std::string& why) {
        return library.file.empty() ? Refusal(why) : refuse(library.file, why);
    };
    for (const std::string& place : library.needs.places) {
        if (auto checked = check_place(place); !checked) return of(checked.error());
    }
    const std::vector<Place> places = places_of(library);
    for (const std::string& name : library.needs.libraries) {
        if (auto checked = check_name(name); !checked) return of(checked.error());
        if (!seen_.insert(name).second) continue;
        if (seen_.size() > k_libraries_max) return Refusal("it needs too many libraries");
        auto taken = name.starts_with('/') ? found(name, name, library, {})
                                           : look_for(name, library, places);
        if (!taken) return taken;
    }
    return {};
}

Checked LibrarySearch::look_for(const std::string& name, const FoundLibrary& needing,
                                const std::vector<Place>& places) {
    std::error_code error;
    for (const Place& place : places) {
        for (const fs::path& folder : place.origin.folders) {
            const fs::path meant = folder_meant(place.text, folder);
            if (meant.empty() || !fs::exists(meant / name, error)) continue;
            return found(name, meant / name, needing, place);
        }
    }
    return {};  // it may be one of the system's: the linker will look for it
}

Checked LibrarySearch::found(const std::string& name, const fs::path& at,
                             const FoundLibrary& needing, const Place& place) {
    const fs::path file = at.lexically_normal();
    auto bytes = read_library(file);
    if (!bytes) return refuse(file, bytes.error());
    const auto behind = behind_origin(place.text);
    FoundLibrary library{.origin = {.folders = {at.parent_path()},
                                    .laid = place.origin.laid.string() + behind.value_or(""),
                                    .by_origin = place.origin.by_origin && behind},
                         .needs = read_needs(*bytes),
                         .inherited = handed_on(needing),
                         .file = file,
                         .name = name,
                         .sha256 = sha256_of(*bytes)};
    if (const auto runs = loaded(name)) return judge(library, *runs);
    if (auto taken = take(library, *std::move(bytes)); !taken) return taken;
    waiting_.push_back(std::move(library));
    return {};
}

Refusal LibrarySearch::refuse(const fs::path& library, const std::string& why) {
    return Refusal(fmt::format("it brings along {}: {}", library.string(), why));
}

void LibrarySearch::warn_of_other(const FoundLibrary& library, const fs::path& runs) const {
    const auto bytes = read_library(runs);
    if (bytes && sha256_of(*bytes) == library.sha256) return;
    observe::warn(
        "the plugin {} gets {} in place of {}, which it brings along: that runs in the host "
        "already, which can have but one {}; to have its own, give it another -soname",
        file_.string(), runs.string(), library.file.string(), library.name);
}

}  // namespace bellwether::plugin
