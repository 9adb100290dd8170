#include "serve/server.hpp"

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "observe/log.hpp"
#include "pages/metrics_page.hpp"
#include "serve/service_manager.hpp"
#include "serve/signals.hpp"

namespace bellwether::serve {
namespace {

constexpr std::chrono::milliseconds k_reload_ends_within{3'000};

using Refusal = std::unexpected<std::string>;
using GenerationPtr = std::shared_ptr<const Generation>;

// What this host gets of the ledger of the host before it; nothing: it opens its own.
std::expected<std::optional<ledger::MovedStore>, std::string> take_ledger(
    Predecessor& before, const config::Config& config) {
    if (auto same = before.check_addresses(config); !same) return Refusal(same.error());
    return before.ask_for_ledger(config.ledger);
}

report::AskUpgrade upgrades_by(Threads& threads, Reloader& reloader) {
    return [&threads, &reloader](std::string by, report::OnUpgrade on_report) {
        reloader.between_reloads([&threads, &reloader, by = std::move(by),
                                  on_report = std::move(on_report)](const Generation& current) {
            const auto report =
                threads.upgrade(current, by, [&reloader] { reloader.follow_keys(); });
            if (on_report) on_report(report);
        });
    };
}

}  // namespace

std::expected<void, std::string> run(front::Host host, Load load, const ConnectionRoom& room,
                                     Inheritance& inheritance, const Threads::Ready& ready) {
    // The loop is never destroyed, as watch_signals demands.
    static auto& signal_loop = *new boost::asio::io_context(1);
    std::unique_ptr<front::Process> process(new front::Process{
        .metrics = {pages::metric_names(host), config::worker_count(host.config.server)},
        .body_room = front::BodyRoom(host.config.server.bodies_bytes_max)});
    auto reloader = std::make_unique<Reloader>(*process, std::move(load));
    process->reload = [&reloader = *reloader](report::ReloadOrder order,
                                              report::OnReload on_report) {
        reloader.ask(std::move(order), std::move(on_report));
    };
    std::optional<ledger::MovedStore> moved;
    if (inheritance.predecessor) {
        auto asked = take_ledger(*inheritance.predecessor, host.config);
        if (!asked) return Refusal(asked.error());
        moved = *std::move(asked);
    }
    const auto holds = moved ? moved->holds : std::vector<ledger::Hold>();
    auto made = Generation::make(std::move(host), *process, nullptr,
                                 [&moved](const config::Ledger& ledger) {
                                     return ledger::open_store(ledger, std::move(moved));
                                 });
    if (!made) return Refusal(made.error());
    GenerationPtr first = reloader->keep(*std::move(made));
    Threads threads(signal_loop, *process, room, first);
    const auto listening = threads.listen(inheritance, ready);
    if (!listening) return listening;
    process->upgrade = upgrades_by(threads, *reloader);
    watch_signals(
        signal_loop,
        {.end = [&](std::string_view name) { threads.begin_end(name); },
         .stop = [&] { threads.stop(); },
         .reload =
             [&](std::string_view name) {
                 tell_of_reload();
                 reloader->ask({.by = std::string(name)}, [](const report::ReloadReport&) {
                     tell_service_manager("READY=1");
                 });
             },
         .upgrade = [&](std::string_view name) { process->upgrade(std::string(name), {}); }});
    reloader->start(
        std::exchange(first, nullptr),
        {.apply = [&threads](const GenerationPtr& now,
                             const Generation& before) { return threads.adopt(now, before); },
         .try_addresses =
             [&threads](const config::Config& now, const Generation& before) {
                 return threads.try_addresses(now, before);
             }});
    // Clients wait in the sockets meanwhile, so that none of them is lost with this host if the one
    // before it does not hear of it.
    if (inheritance.predecessor) inheritance.predecessor->tell_serving();
    threads.start();
    if (inheritance.predecessor) {
        threads.follow(std::move(inheritance.predecessor), holds);
        // What has changed since this host read it, and while the one before read nothing.
        reloader->ask({.by = "the upgrade"}, {});
    }
    threads.join();
    const bool has_ended = reloader->end(k_reload_ends_within);
    threads.join_others();
    if (!has_ended) {
        observe::warn("a reload that hangs is not waited for");
        static_cast<void>(reloader.release());
        static_cast<void>(process.release());
    }
    return {};
}

}  // namespace bellwether::serve
