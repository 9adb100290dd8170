#include "plugin/linker_words.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "plugin/library_search.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;

std::string demangled(const std::string& symbol) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 ? name.get() : symbol;
}

// The text between `before` and `behind`, or up to the end if `behind` is empty. Empty if one of
// the two is missing.
std::string between(std::string_view text, std::string_view before, std::string_view behind) {
    const auto begin = text.find(before);
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin + before.size());
    const auto end = behind.empty() ? text.size() : text.find(behind);
    return end == std::string_view::npos ? std::string() : std::string(text.substr(0, end));
}

// The file that the linker's words are about, with whose name they begin; "it" if that is `file`.
std::string subject(std::string_view words, const fs::path& file) {
    const std::string named(words.substr(0, words.find(": ")));
    return named == file.string() ? "it" : named;
}

std::string undefined_symbol(std::string_view words, const fs::path& file) {
    std::string symbol = between(words, ": undefined symbol: ", "");
    if (symbol.empty()) return {};
    std::string version;
    if (const auto comma = symbol.find(", version "); comma != std::string::npos) {
        version = fmt::format(" of version {}", symbol.substr(comma + 10));
        symbol.resize(comma);
    }
    return fmt::format(
        "{} uses {}{}, and no library that it is linked with has it; link the one that does (the "
        "host lends plugins nothing but its table)",
        subject(words, file), demangled(symbol), version);
}

std::string missing_library(std::string_view words, const fs::path& file,
                            const Dependencies& needs) {
    constexpr std::string_view k_mark = ": cannot open shared object file: No such file";
    const auto at = words.find(k_mark);
    if (at == std::string_view::npos) return {};
    const std::string name(words.substr(0, at));
    std::string looked;
    for (const std::string& place : needs.places) {
        const fs::path folder = folder_meant(place, file.parent_path());
        looked += fmt::format("{}, ", folder.empty() ? place : folder.lexically_normal().string());
    }
    std::error_code error;
    const bool lies_beside = fs::exists(file.parent_path() / name, error);
    return fmt::format("it needs {}, which is not in {}the system's folders of libraries; {}", name,
                       looked.empty() ? "" : looked.substr(0, looked.size() - 2) + " or ",
                       lies_beside ? "it lies beside the plugin, which must be linked with "
                                     "-Wl,-rpath,'$ORIGIN' to look there"
                                   : "install it, or put it beside the plugin and link that with "
                                     "-Wl,-rpath,'$ORIGIN'");
}

std::string wrong_version(std::string_view words, const fs::path& file) {
    std::string version = between(words, ": version `", "' not found");
    std::string library = subject(words, {});
    std::string user = between(words, "(required by ", ")");
    if (version.empty()) {
        // "FILE: symbol NAME version V not defined in file F with link time reference"
        version = between(words, " version ", " not defined in file ");
        library = between(words, " not defined in file ", " with ");
        user = subject(words, file);
        const std::string symbol = between(words, ": symbol ", " version ");
        if (version.empty()) return {};
        if (version.ends_with(',')) version.pop_back();
        version = fmt::format(
            "{} of version {}",
            demangled(symbol.ends_with(',') ? symbol.substr(0, symbol.size() - 1) : symbol),
            version);
    }
    if (user == file.string() || user.empty()) user = "it";
    return fmt::format(
        "{} is built for a newer system: it needs {} of {}, which is older here; build it on this "
        "system, or on the oldest one that it is to run on",
        user, version, fs::path(library).filename().string());
}

}  // namespace

std::string plain_words(std::string words, const fs::path& file, const Dependencies& needs) {
    while (words.ends_with(' ') || words.ends_with('\n')) words.pop_back();
    if (auto said = undefined_symbol(words, file); !said.empty()) return said;
    if (auto said = missing_library(words, file, needs); !said.empty()) return said;
    if (auto said = wrong_version(words, file); !said.empty()) return said;
    if (words.find("failed to map segment") != std::string::npos) {
        return fmt::format("this system lets the host run no code from it ({})", words);
    }
    return fmt::format("the dynamic linker refused it: {}", words);
}

std::string linker_words(std::string_view thrown) {
    constexpr std::string_view k_mark = "dlerror system message: ";
    if (const auto at = thrown.find(k_mark); at != std::string_view::npos) {
        thrown.remove_prefix(at + k_mark.size());
        thrown = thrown.substr(0, thrown.rfind("): "));
    }
    return std::string(thrown);
}

}  // namespace bellwether::plugin
