#include <fmt/format.h>

#include "cli/cli.hpp"
#include "pages/explain.hpp"

namespace bw::cli {

int explain(const Common& common, const std::string& model, const std::string& key) {
    const auto host = load_host(common);
    if (!host) return k_usage;
    if (!key.empty()) {
        // The name is not repeated: it may be the key itself, pasted in the wrong place.
        fmt::print(stderr,
                   "error: there is no such client key: no client keys are configured, so every "
                   "caller may use every model; leave out --key\n");
        return k_failed;
    }
    const auto reply = pages::explain(*host, model);
    if (common.json) {
        fmt::print("{}\n", reply.json);
    } else if (reply.found) {
        fmt::print("{}\nclient keys\n   none are configured: every caller may use every model\n",
                   reply.text);
    } else {
        fmt::print(stderr, "error: {}\n", reply.text);
    }
    return reply.found ? k_ok : k_failed;
}

}  // namespace bw::cli
