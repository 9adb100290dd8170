#include <fmt/format.h>

#include <algorithm>

#include "cli/cli.hpp"
#include "cli/diagnostic_text.hpp"
#include "cli/terminal.hpp"
#include "json/writer.hpp"

namespace bellwether::cli {
namespace {

struct ConfigCounts {
    std::size_t providers = 0;
    std::size_t routes = 0;
    std::size_t models = 0;
};

ConfigCounts counts_of(const front::Host& host) {
    return {.providers = host.registry.providers.size(),
            .routes = host.config.routes.size(),
            .models = host.catalogue.entries().size()};
}

void print_ok(const front::Host& host, config::Secrets secrets) {
    const ConfigCounts counts = counts_of(host);
    fmt::print(
        "{}: ok: {}, {}, {}{}\n", host.config.file.string(), counted(counts.providers, "provider"),
        counted(counts.routes, "route"), counted(counts.models, "model"),
        secrets == config::Secrets::left_out ? "; checked without its secrets (--no-secrets)" : "");
}

}  // namespace

void print_check_json(const Common& common, const HostCheck& check, config::Secrets secrets) {
    json::PrettyWriter writer;
    writer.begin_object().field("ok", check.host.has_value());
    writer.field("file", find_config(common).value_or("").string());
    writer.field("secrets", secrets == config::Secrets::looked_up ? "checked" : "left out");
    if (check.host) {
        const ConfigCounts counts = counts_of(*check.host);
        writer.field("providers", std::uint64_t{counts.providers});
        writer.field("routes", std::uint64_t{counts.routes});
        writer.field("models", std::uint64_t{counts.models});
    }
    writer.key("diagnostics");
    write_diagnostics(writer, check.diagnostics);
    fmt::print("{}\n", writer.end_object().view());
}

int check(const Common& common, config::Secrets secrets) {
    const HostCheck check = check_host(common, secrets);
    if (common.json) {
        print_check_json(common, check, secrets);
    } else {
        print_diagnostics(check.diagnostics);
        if (check.host) print_ok(*check.host, secrets);
    }
    return check.host ? k_ok : k_usage;
}

}  // namespace bellwether::cli
