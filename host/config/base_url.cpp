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
    while (text.ends_with('/')) text.remove_suffix(1);
    return text;
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
    if (!url) return std::unexpected(UrlFault{url.error(), {}});
    const std::string_view path = path_end(text);
    for (const Ending& ending : k_endings) {
        if (!path.ends_with(ending.path)) continue;
        const std::string_view rest = path.substr(0, path.size() - ending.path.size());
        if (!rest.ends_with(ending.after)) continue;
        return std::unexpected(
            UrlFault{fmt::format("ends in {}, which is added to it for each call", ending.path),
                     "end it with the version: \"https://host/v1\""});
    }
    if (path.ends_with("/v1/v1") || path.find("/v1/v1/") != path.npos) {
        return std::unexpected(UrlFault{"has the version twice, /v1/v1", "one of them is enough"});
    }
    return *url;
}

}  // namespace bw::config
