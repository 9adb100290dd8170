#include "plugin/places.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace bellwether::plugin {
namespace {

constexpr std::string_view k_scheme_end = "://";

bool is_of_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// A host without a dot or a colon, such as "ollama", is also a common word and is not hidden alone.
bool tells_by_itself(std::string_view host) { return host.find_first_of(".:") != host.npos; }

void add_places(std::string_view url, std::vector<std::string>& places) {
    const std::string whole = lower(url);
    const auto scheme = whole.find(k_scheme_end);
    if (scheme == whole.npos) return;
    const auto begin = scheme + k_scheme_end.size();
    const std::string origin = whole.substr(0, whole.find_first_of("/?#", begin));
    const std::string authority = origin.substr(begin);
    if (authority.empty()) return;
    places.push_back(origin);
    const auto bracket = authority.rfind(']');
    const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    std::string host = authority.substr(0, colon);
    if (colon != authority.npos) {
        places.push_back(authority);
    } else {
        places.push_back(host + (whole.starts_with("https") ? ":443" : ":80"));
    }
    if (tells_by_itself(host)) places.push_back(std::move(host));
}

// Whether the text from `begin` to `end` is a name of its own and no part of a longer one.
bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
    if (begin > 0 && (is_of_name(text[begin - 1]) || text[begin - 1] == '.')) return false;
    if (end == text.size()) return true;
    const bool dot = text[end] == '.' && end + 1 < text.size() && is_of_name(text[end + 1]);
    return !is_of_name(text[end]) && !dot;
}

// The end of a URL whose path begins at `at`. Punctuation behind the URL is not part of it.
std::size_t end_of_url(std::string_view text, std::size_t at) {
    at = std::min(text.find_first_of(" \t\r\n\"'`<>()[]{},;", at), text.size());
    while (at > 0 && (text[at - 1] == '.' || text[at - 1] == ':' || text[at - 1] == '!')) --at;
    return at;
}

std::string without_place(const std::string& text, std::string_view place) {
    const bool url = place.find(k_scheme_end) != place.npos;
    const std::string lowered = lower(text);
    std::string hidden;
    std::size_t taken = 0;
    for (auto at = lowered.find(place); at != lowered.npos; at = lowered.find(place, at)) {
        const std::size_t end = at + place.size();
        if (!stands_alone(lowered, at, end)) {
            ++at;
            continue;
        }
        hidden.append(text, taken, at - taken);
        hidden += url ? "the upstream's URL" : "the upstream";
        taken = url ? std::max(end_of_url(text, end), end) : end;
        at = taken;
    }
    return hidden.append(text, taken);
}

}  // namespace

std::vector<std::string> places_of(std::string_view base_url, std::string_view proxy_url,
                                   std::span<const std::string> others) {
    std::vector<std::string> places;
    add_places(base_url, places);
    add_places(proxy_url, places);
    for (const std::string& url : others) add_places(url, places);
    std::ranges::stable_sort(places,
                             [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return places;
}

std::string without_places(std::string_view text, std::span<const std::string> places) {
    std::string hidden(text);
    for (const std::string& place : places) hidden = without_place(hidden, place);
    return hidden;
}

}  // namespace bellwether::plugin
