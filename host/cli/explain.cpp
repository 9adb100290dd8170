#include <fmt/format.h>

#include "cli/cli.hpp"
#include "pages/admin.hpp"

namespace bellwether::cli {

int explain(const Common& common, const ExplainOptions& options) {
    const auto host = load_host(common);
    if (!host) return k_usage;
    const auto explanation =
        pages::explain(*host, {.model = options.model, .key = options.key, .user = options.user});
    if (common.json) {
        fmt::print("{}\n", explanation ? to_json(*explanation) : to_json(explanation.error()));
    } else if (explanation) {
        fmt::print("{}", to_text(*explanation));
    } else {
        fmt::print(stderr, "error: {}\n", explanation.error().message);
    }
    return explanation ? k_ok : k_failed;
}

}  // namespace bellwether::cli
