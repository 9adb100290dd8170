#include <fmt/format.h>

#include "cli/cli.hpp"
#include "json/writer.hpp"

namespace bw::cli {

int check(const Common& common) {
    const auto host = load_host(common);
    if (!host) return k_usage;
    const auto providers = host->registry.providers.size();
    const auto routes = host->config.routes.size();
    const auto models = host->catalogue.entries().size();
    if (common.json) {
        json::Writer writer;
        writer.begin_object().field("ok", true).field("file", host->config.file.string());
        writer.field("providers", std::uint64_t{providers}).field("routes", std::uint64_t{routes});
        fmt::print("{}\n", writer.field("models", std::uint64_t{models}).end_object().view());
    } else {
        fmt::print("{}: ok: {} providers, {} routes, {} models\n", host->config.file.string(),
                   providers, routes, models);
    }
    return k_ok;
}

}  // namespace bw::cli
