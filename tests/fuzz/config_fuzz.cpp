// A config's text: whatever it is there is an answer, and each mistake names its place.
#include <algorithm>

#include "config/config.hpp"
#include "fuzz.hpp"
#include "json/value.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

// Mistakes of the file as a whole.
constexpr std::string_view k_placeless[] = {"there are no providers", "there are no routes"};

void check(const config::Diagnostic& diagnostic, std::size_t lines) {
    require(!diagnostic.what.empty(), "a mistake says what it is");
    require(diagnostic.file == "c.toml", "a mistake names the file");
    const std::string printed = config::to_string(diagnostic);
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    require(std::ranges::none_of(printed, is_control), "a mistake is one line of plain text");
    if (diagnostic.at.line == 0) {
        require(std::ranges::find(k_placeless, diagnostic.what) != std::end(k_placeless),
                "a mistake has a place");
        return;
    }
    require(diagnostic.at.line > 0 && diagnostic.at.column > 0, "a place counts from 1");
    require(static_cast<std::size_t>(diagnostic.at.line) <= lines, "a place is in the file");
}

void check(const config::Config& config) {
    require(!config.providers.empty() && !config.routes.empty(), "a good config leads somewhere");
    for (const config::Route& route : config.routes) {
        require(!route.model.empty(), "a route has a model");
        require(route.alias.empty() != route.to.empty(), "a route has an alias or targets");
        for (const config::Target& target : route.to) {
            require(target.provider < config.providers.size(), "a target is a provider");
        }
    }
    for (const config::Provider& provider : config.providers) {
        require(!provider.name.empty() && !provider.plugin.empty(), "a provider has a plugin");
        for (const config::Option& option : provider.options) {
            require(json::valid(option.json, json::k_nesting_max), "an option is JSON");
        }
    }
}

void run(std::string_view text) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    const config::Loaded loaded = config::parse(text, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) check(diagnostic, lines);
    if (loaded.ok()) check(loaded.config);
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
