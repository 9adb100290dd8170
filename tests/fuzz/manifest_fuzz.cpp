// A plugin's manifest, and a provider's own keys checked against it: the manifest, a line `--`,
// then one option a line as `key=JSON`.
#include <algorithm>

#include "fuzz.hpp"
#include "json/value.hpp"
#include "plugin/manifest.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

config::Provider provider_with(std::string_view lines) {
    config::Provider provider;
    provider.name = "fuzzed";
    provider.plugin = "fuzzed";
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        const auto equals = line.find('=');
        if (equals == line.npos) continue;
        const std::string_view value = line.substr(equals + 1);
        // The config gives JSON, whatever its author wrote.
        if (!json::valid(value)) continue;
        provider.options.push_back({.key = std::string(line.substr(0, equals)),
                                    .json = std::string(value),
                                    .at = {.line = 1, .column = 1}});
    }
    return provider;
}

void check(const plugin::Manifest& manifest, const config::Provider& provider) {
    std::vector<config::Diagnostic> diagnostics;
    const std::string config = plugin::plugin_config(
        provider, manifest, {.base_url = "https://upstream.test/v1", .credentials = {}},
        diagnostics);
    require(json::valid(config, json::k_nesting_max), "a plugin is given JSON");
    const json::Value given(config);
    require(given.kind() == json::Kind::object, "a plugin is given an object");
    require(given["name"].equals("fuzzed"), "a plugin is told its provider's name");
    require(diagnostics.size() <= provider.options.size(), "one mistake an option at most");
    for (const auto& diagnostic : diagnostics) {
        require(!diagnostic.what.empty() && diagnostic.at.line == 1, "a mistake has a place");
    }
}

void run(std::string_view text) {
    constexpr std::string_view k_mark = "\n--\n";
    const auto mark = std::min(text.find(k_mark), text.size());
    const std::string json(text.substr(0, mark));
    const auto manifest = plugin::read_manifest(json.c_str());
    if (!manifest) return require(!manifest.error().empty(), "a refusal says why");
    require(json::valid(json.c_str()), "an accepted manifest is JSON");
    check(*manifest, provider_with(text.substr(std::min(mark + k_mark.size(), text.size()))));
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
