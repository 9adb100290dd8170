#include "reloads.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "fake_wire.hpp"
#include "rules.hpp"

namespace bellwether::simulator {
namespace {

// Another provider and another route before all others.
constexpr std::string_view k_before_providers = "[providers.first]\nplugin = \"echo\"\n";
constexpr std::string_view k_before_routes =
    "[[routes]]\nmodel = \"first\"\nto = [\"first\", \"a\"]\n";

std::string moved_text(const char* file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    std::string moved = text.str();
    moved.insert(moved.find("[providers."), k_before_providers);
    moved.insert(moved.find("[[routes]]"), k_before_routes);
    return moved;
}

void set_credentials() {
    for (int i = 0; i < 3; ++i) {
        setenv(fmt::format("SIMULATED_KEY_{}", i).c_str(),
               fmt::format("{}{}", k_key_mark, i).c_str(), 1);
    }
    setenv("SIMULATED_KEY", "cr_simulated", 1);
}

front::Host make_host(const std::string& file, const front::Host* before) {
    auto loaded = config::load(file);
    std::optional<plugin::InUse> known;
    if (before != nullptr) known.emplace(before->config, before->registry);
    auto registry = plugin::load(loaded.config, {BELLWETHER_PLUGIN_DIR}, loaded.diagnostics,
                                 known ? &*known : nullptr);
    for (const auto& diagnostic : loaded.diagnostics) {
        require(diagnostic.severity != config::Severity::error, to_string(diagnostic));
    }
    route::Table routes(loaded.config);
    route::Catalogue catalogue(loaded.config, routes, registry);
    policy::KeyRing keys(loaded.config.keys);
    return {.config = std::move(loaded.config),
            .registry = std::move(registry),
            .routes = std::move(routes),
            .catalogue = std::move(catalogue),
            .keys = std::move(keys)};
}

}  // namespace

Configs::Configs(const char* file)
    : file_(file),
      moved_(std::filesystem::temp_directory_path() / fmt::format("simulated-{}.toml", getpid())) {
    set_credentials();
    std::ofstream(moved_) << moved_text(file);
}

Configs::~Configs() {
    std::error_code ignored;
    std::filesystem::remove(moved_, ignored);
}

front::Host Configs::next(const front::Host* before) {
    return make_host(turn_++ % 2 == 0 ? moved_.string() : file_, before);
}

}  // namespace bellwether::simulator
