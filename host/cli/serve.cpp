#include "serve/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <expected>
#include <string>

#include "cli/cli.hpp"
#include "observe/log_writer.hpp"
#include "serve/descriptors.hpp"
#include "serve/inherited_sockets.hpp"
#include "serve/log_settings.hpp"
#include "serve/service_manager.hpp"
#include "serve/signals.hpp"

namespace bellwether::cli {
namespace {

// A core dump would hold the credentials and the prompts. The limit is one byte and not 0, because
// Linux ignores a limit of 0 if it hands dumps to a program. Only the soft limit is set, so that
// `prlimit` can raise it for a process that has to be debugged.
void keep_out_of_core_dumps() {
    rlimit limit{};
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
    limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
    setrlimit(RLIMIT_CORE, &limit);
}

int cannot_serve(const std::string& reason) {
    fmt::print(stderr, "error: {}\n", reason);
    return k_failed;
}

std::expected<serve::Inheritance, std::string> find_inheritance() {
    auto predecessor = serve::Predecessor::find();
    if (!predecessor) return std::unexpected(predecessor.error());
    auto inherited = serve::take_inherited_sockets();
    if (!inherited) return std::unexpected(inherited.error());
    return serve::Inheritance{*std::move(predecessor), *std::move(inherited)};
}

}  // namespace

int serve(const Common& common) {
    serve::block_signals();
    keep_out_of_core_dumps();
    auto inheritance = find_inheritance();
    if (!inheritance) return cannot_serve(inheritance.error());
    auto host = load_host(common);
    if (!host) {
        if (inheritance->predecessor) {
            inheritance->predecessor->refuse(
                "the config has mistakes; bellwether check shows them");
        }
        return k_usage;
    }
    serve::apply(host->config.log);
    const auto room = serve::prepare_descriptors(host->config.server.front.connections_max);
    const observe::LogWriter log_writer;
    // The file is the one that was found at the start, wherever another one may turn up.
    Common again = common;
    again.config = host->config.file;
    const auto load = [again](const front::Host& before, const report::ReloadOrder& order) {
        using What = report::ReloadOrder::What;
        switch (order.what) {
            case What::keys: return check_keys(before);
            case What::provider: return check_provider(before, order.provider);
            case What::unload:
            case What::canaries: return check_provider(before, {});
            case What::everything: break;
        }
        return check_again(again, before);
    };
    const auto done =
        serve::run(*std::move(host), load, room, *inheritance,
                   [](const std::string& url, const std::string& admin_url) {
                       std::string lines = fmt::format("bellwether listening on {}\n", url);
                       if (!admin_url.empty()) {
                           lines += fmt::format("bellwether admin on {}\n", admin_url);
                       }
                       fmt::print("{}", lines);
                       std::fflush(stdout);
                       serve::tell_service_manager("READY=1");
                   });
    if (done) return k_ok;
    if (inheritance->predecessor) inheritance->predecessor->refuse(done.error());
    return cannot_serve(done.error());
}

}  // namespace bellwether::cli
