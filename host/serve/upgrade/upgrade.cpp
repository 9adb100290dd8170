#include "serve/upgrade/upgrade.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "ledger/handover/wire.hpp"
#include "observe/log.hpp"
#include "serve/upgrade/successor.hpp"

namespace bellwether::serve {
namespace {

using Refusal = std::unexpected<std::string>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds k_ready_within{60'000};   // reads its config and loads its plugins
constexpr milliseconds k_serves_within{20'000};  // opens the ledger and begins to accept
constexpr milliseconds k_leaves_within{5'000};   // our workers, each between two of its events
constexpr milliseconds k_follows_within{60'000};
constexpr milliseconds k_try_again{500};
constexpr int k_tries = 20;

std::vector<int> numbers(const std::vector<Descriptor>& descriptors) {
    std::vector<int> all;
    for (const auto& one : descriptors) all.push_back(one.get());
    return all;
}

// Waits for what the new host has to say now.
template <typename Message>
std::expected<Message, std::string> hear(Successor& next, milliseconds within,
                                         const UpgradeParts& parts) {
    const auto got = next.control().receive(steady_clock::now() + within, parts.gives_up);
    if (got) {
        auto message = read_upgrade_message(got->bytes);
        if (message && std::holds_alternative<Message>(*message)) {
            return std::get<Message>(*std::move(message));
        }
        const bool refuses = message && std::holds_alternative<Refuses>(*message);
        next.end();
        return Refusal(refuses ? "the new host refuses: " + std::get<Refuses>(*message).reason
                               : "the new host says what this one does not understand");
    }
    switch (got.error()) {
        case Silence::gone: return Refusal(next.end());
        case Silence::given_up: return Refusal("the host is about to end");
        case Silence::late:
            return Refusal(
                fmt::format("the new host did not get ready within {} s", within.count() / 1'000));
        case Silence::nonsense: break;
    }
    return Refusal("the new host says what this one does not understand");
}

// Calls wait meanwhile, so it is tried for a while only; then they have no ledger.
void take_back(ledger::MovableStore& ledger) {
    for (int tries = 0; tries < k_tries; ++tries) {
        const auto done = ledger.take_back(k_leaves_within);
        if (done) return;
        observe::error("the ledger cannot be opened again: {}", done.error().message);
        std::this_thread::sleep_for(k_try_again);
    }
    observe::error("this host goes on without its ledger, until it is started again");
    (void)ledger.follow(k_follows_within);
}

std::expected<void, std::string> serve_with_ledger(Successor& next, const UpgradeParts& parts) {
    auto moved = parts.ledger->leave(k_leaves_within);
    if (!moved) return Refusal(moved.error().message);
    next.control().send(to_text(LetGo{true}));
    next.control().send(ledger::to_bytes(moved->holds), numbers(moved->sockets));
    if (auto serves = hear<Serves>(next, k_serves_within, parts); !serves) {
        next.kill();  // before the ledger is opened again
        moved->sockets.clear();
        take_back(*parts.ledger);
        return Refusal(serves.error());
    }
    if (const auto done = parts.ledger->follow(k_follows_within); !done) {
        observe::error("not all calls go on with the ledger of the new host: {}",
                       done.error().message);
    }
    return {};
}

std::expected<void, std::string> serve_without_ledger(Successor& next, const UpgradeParts& parts) {
    next.control().send(to_text(LetGo{false}));
    auto serves = hear<Serves>(next, k_serves_within, parts);
    if (!serves) return Refusal(serves.error());
    return {};
}

}  // namespace

std::expected<pid_t, std::string> upgrade(const UpgradeParts& parts) {
    auto next = Successor::start();
    if (!next) return Refusal(next.error());
    const pid_t id = next->id();
    observe::info("the new host is process {}; it gets ready", id);
    next->control().send(to_text(parts.welcome), numbers(parts.sockets));
    const auto ready = hear<ReadyToServe>(*next, k_ready_within, parts);
    if (!ready) return Refusal(ready.error());
    const bool moves = parts.ledger != nullptr && ready->ledger == ledger_text(parts.ledger_config);
    const auto serves =
        moves ? serve_with_ledger(*next, parts) : serve_without_ledger(*next, parts);
    if (!serves) return Refusal(serves.error());
    next->let_go();
    return id;
}

}  // namespace bellwether::serve
