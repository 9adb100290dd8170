#include <fmt/format.h>

#include "cli/cli.hpp"
#include "pages/explain.hpp"

namespace bw::cli {

int explain(const Common& common, const ExplainOptions& options) {
    const auto host = load_host(common);
    if (!host) return k_usage;
    const auto reply =
        pages::explain(*host, {.model = options.model, .key = options.key, .user = options.user});
    if (common.json) {
        fmt::print("{}\n", reply.json);
    } else if (reply.found) {
        fmt::print("{}", reply.text);
    } else {
        fmt::print(stderr, "error: {}\n", reply.text);
    }
    return reply.found ? k_ok : k_failed;
}

}  // namespace bw::cli
