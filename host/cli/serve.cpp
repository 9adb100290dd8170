#include "serve/server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/cli.hpp"
#include "observe/log.hpp"
#include "serve/service_manager.hpp"

namespace bw::cli {
namespace {

observe::Format format_of(config::LogFormat format) {
    switch (format) {
        case config::LogFormat::json: return observe::Format::json;
        case config::LogFormat::text: return observe::Format::text;
        case config::LogFormat::automatic: break;
    }
    return isatty(STDERR_FILENO) ? observe::Format::text : observe::Format::json;
}

}  // namespace

int serve(const Common& common) {
    const auto host = load_host(common);
    if (!host) return k_usage;
    observe::configure(static_cast<observe::Level>(host->config.log.level),
                       format_of(host->config.log.format), host->config.log.access);
    const auto done = serve::run(*host, [](const std::string& url) {
        fmt::print("bellwether listening on {}\n", url);
        std::fflush(stdout);
        serve::tell_service_manager("READY=1");
    });
    if (done) return k_ok;
    fmt::print(stderr, "error: {}\n", done.error());
    return k_failed;
}

}  // namespace bw::cli
