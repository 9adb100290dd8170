#include "config/base_url.hpp"

#include <fmt/format.h>

#include "config/stray_text.hpp"

namespace bw::config {
namespace {

// What plugins add to a base URL by themselves. Of the others on this list some end the base URL of
// a service, so they count behind a version only.
struct Ending {
    std::string_view path;
    std::string_view after = "";
};
constexpr Ending k_endings[] = {{"/chat/completions"}, {"/chat", "/v1"},      {"/completions"},
                                {"/embeddings"},       {"/responses", "/v1"}, {"/models", "/v1"}};

// With the "?query" left away that some services add.
std::string_view path_end(std::string_view text) {
    text = text.substr(0, text.find_first_of("?#"));
    while (text.ends_with('/')) text.remove_suffix(1);
    return text;
}

// What the path ends in that is added to it anyway; empty: nothing.
std::string_view added_ending(std::string_view path) {
    for (const Ending& ending : k_endings) {
        if (!path.ends_with(ending.path)) continue;
        if (path.substr(0, path.size() - ending.path.size()).ends_with(ending.after)) {
            return ending.path;
        }
    }
    return {};
}

UrlFault with_stray(std::string_view stray) {
    return {std::string(stray), "take it out: nothing belongs there but the URL"};
}

}  // namespace

std::expected<Url, UrlFault> check_base_url(std::string_view text) {
    if (const auto stray = stray_text(text); !stray.empty() && stray != k_inner_space) {
        return std::unexpected(with_stray(stray));
    }
    const auto url = parse_url(text);
    const std::string_view path = path_end(text);
    const std::string_view ending = added_ending(path);
    const bool query = path.size() < text.size() && text.find_first_of("?#") != text.npos;
    if (!url && !(query && !ending.empty())) return std::unexpected(UrlFault{url.error(), {}});
    if (!ending.empty()) {
        const std::string first = url ? std::string() : url.error() + ", and its path ";
        return std::unexpected(
            UrlFault{fmt::format("{}ends in {}, which is added to it for each call", first, ending),
                     "end it with the version: \"https://host/v1\""});
    }
    if (path.ends_with("/v1/v1") || path.find("/v1/v1/") != path.npos) {
        return std::unexpected(UrlFault{"has the version twice, /v1/v1", "one of them is enough"});
    }
    return *url;
}

}  // namespace bw::config
