#include "cli/host_address.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "cli/diagnostic_text.hpp"
#include "config/config.hpp"
#include "config/secret.hpp"
#include "config/url.hpp"

namespace bellwether::cli {
namespace {

std::optional<std::string> refuse(std::string_view source, std::string_view fault) {
    fmt::print(stderr, "error: {} {}; expected a URL such as \"http://127.0.0.1:4141\"\n", source,
               fault);
    return std::nullopt;
}

std::optional<std::string> checked(std::string url, std::string_view source) {
    if (const auto stray = config::stray_text(url); !stray.empty()) return refuse(source, stray);
    if (const auto parsed = config::parse_url(url); !parsed) return refuse(source, parsed.error());
    while (url.ends_with('/')) url.pop_back();
    if (url.ends_with("/v1")) url.resize(url.size() - 3);
    return url;
}

std::optional<std::string> url_of_config(const Common& common) {
    const std::filesystem::path file = *find_config(common);
    const auto server = config::load_listen(file);
    if (!server) {
        print_diagnostics(server.error());
        return std::nullopt;
    }
    if (server->port != 0) return url_of(server->host, server->port);
    fmt::print(stderr,
               "error: {}: server.listen has port 0, any free one, so the file does not tell where "
               "its host is; name it with --url URL\n",
               file.string());
    return std::nullopt;
}

}  // namespace

std::string url_of(const std::string& host, std::uint16_t port) {
    const bool all = host == "0.0.0.0" || host == "::";  // "::" takes IPv4, too
    const std::string near = all ? "127.0.0.1" : host;
    const bool v6 = near.contains(':');
    return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", near, v6 ? "]" : "", port);
}

std::optional<std::string> host_url(const Common& common, const std::string& given) {
    if (!given.empty()) return checked(given, "--url");
    const char* const set = std::getenv("BELLWETHER_URL");
    if (common.config.empty() && set != nullptr && *set != '\0') {
        return checked(set, "the variable BELLWETHER_URL");
    }
    if (find_config(common)) return url_of_config(common);
    const config::Server usual;
    return url_of(usual.host, usual.port);
}

}  // namespace bellwether::cli
