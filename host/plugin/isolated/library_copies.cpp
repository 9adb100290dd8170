#include "plugin/isolated/library_copies.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "plugin/library_search.hpp"
#include "plugin/loaded_names.hpp"
#include "plugin/private_copy.hpp"

namespace bellwether::plugin::isolated {
namespace {

namespace fs = std::filesystem;

class SearchForChild : public LibrarySearch {
  public:
    using LibrarySearch::LibrarySearch;

    // The linker finds a library that another needs only if it is open by then.
    std::expected<std::vector<LibraryCopy>, std::string> in_order() {
        std::vector<LibraryCopy> ordered;
        while (!copied_.empty()) {
            const auto next = std::ranges::find_if(
                copied_, [this](const Copied& library) { return !needs_a_copied(library); });
            if (next == copied_.end()) {
                return refuse(copied_.front().opened.file,
                              "it is in a circle of libraries that need each other, which a plugin "
                              "with isolate = true cannot have; link them into one, or run the "
                              "plugin without isolate");
            }
            ordered.push_back(std::move(next->opened));
            copied_.erase(next);
        }
        return ordered;
    }

  private:
    struct Copied {
        LibraryCopy opened;
        std::string name;
        std::vector<std::string> needs;
    };

    std::optional<fs::path> loaded(const std::string& name) const override {
        return loaded_by_program(name);
    }

    Checked judge(const FoundLibrary& library, const fs::path& runs) override {
        warn_of_other(library, runs);
        return {};
    }

    Checked take(const FoundLibrary& library, std::vector<char> bytes) override {
        if (const std::string& own = library.needs.name; own != library.name) {
            const std::string has =
                own.empty() ? "it has no DT_SONAME" : fmt::format("its DT_SONAME is {}", own);
            return refuse(
                library.file,
                fmt::format("{}, and it is needed as {}: with isolate = true the linker finds it "
                            "by its DT_SONAME alone; link it with -Wl,-soname,{}, or change it "
                            "with patchelf --set-soname",
                            has, library.name, library.name));
        }
        auto copy = sealed_copy(library.file, std::move(bytes));
        if (!copy) return refuse(library.file, copy.error());
        copied_.push_back(
            {{library.file, *std::move(copy)}, library.name, library.needs.libraries});
        return {};
    }

    bool needs_a_copied(const Copied& library) const {
        return std::ranges::any_of(library.needs, [&](const std::string& name) {
            return name != library.name &&
                   std::ranges::find(copied_, name, &Copied::name) != copied_.end();
        });
    }

    std::vector<Copied> copied_;
};

}  // namespace

std::expected<LibraryCopies, std::string> copies_for_child(const fs::path& file, Descriptor copy,
                                                           const Dependencies& needs) {
    SearchForChild search(file);
    if (auto found = search.go(needs); !found) return std::unexpected(found.error());
    auto libraries = search.in_order();
    if (!libraries) return std::unexpected(libraries.error());
    return LibraryCopies{.plugin = std::move(copy), .libraries = *std::move(libraries)};
}

std::expected<LibraryCopies, std::string> again(const LibraryCopies& copies) {
    const auto same = [](const Descriptor& one) {
        return Descriptor(fcntl(one.get(), F_DUPFD_CLOEXEC, 0));
    };
    LibraryCopies now{.plugin = same(copies.plugin), .libraries = {}};
    bool all = static_cast<bool>(now.plugin);
    for (const auto& [file, copy] : copies.libraries) {
        now.libraries.push_back({file, same(copy)});
        all = all && now.libraries.back().copy;
    }
    if (!all) return std::unexpected("no descriptor is left for its private copy");
    return now;
}

}  // namespace bellwether::plugin::isolated
