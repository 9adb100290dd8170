#include "serve/upgrade/upgrade.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "ledger/handover/wire.hpp"
#include "observe/log.hpp"

namespace bellwether::serve {
namespace {

using Refusal = std::unexpected<std::string>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds k_ready_within{60'000};   // reads its config and loads its plugins
constexpr milliseconds k_serves_within{20'000};  // opens the ledger and begins to accept
constexpr milliseconds k_leaves_within{5'000};   // our workers, each between two of its events
constexpr milliseconds k_try_again{100};
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

// The ledger that has left this host. Unless the new host keeps it, it comes back; calls wait
// meanwhile, so that is tried for a while only, and then they have no ledger until it is back.
class Leaving {
  public:
    Leaving(Successor& next, ledger::MovableStore& ledger, ledger::MovableStore::Moved moved)
        : next_(next), ledger_(ledger), moved_(std::move(moved)) {}
    ~Leaving() {
        if (!kept_) take_back();
    }
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

    std::expected<void, std::string> send() {
        const std::string contents = ledger::to_bytes(moved_.contents);
        if (contents.size() > k_control_bytes_max) {
            return Refusal(fmt::format("the ledger has more in memory than can go over: {} MiB",
                                       contents.size() >> 20));
        }
        if (next_.control().send(to_text(LetGo{true})) &&
            next_.control().send(contents, numbers(moved_.sockets))) {
            return {};
        }
        return Refusal(next_.end());
    }
    void stays_there() {
        kept_ = true;
        ledger_.follow();
    }

  private:
    void take_back() {
        next_.kill();  // nobody else may have the ledger open
        moved_.sockets.clear();
        std::string why;
        for (int tries = 0; tries < k_tries; ++tries) {
            const auto done = ledger_.take_back();
            if (done) return;
            why = done.error().message;
            std::this_thread::sleep_for(k_try_again);
        }
        ledger_.come_back_later(why);
    }

    Successor& next_;
    ledger::MovableStore& ledger_;
    ledger::MovableStore::Moved moved_;
    bool kept_ = false;
};

std::expected<void, std::string> serve_with_ledger(Successor& next, const UpgradeParts& parts) {
    auto moved = parts.ledger->leave({.limit = k_leaves_within, .gives_up = parts.gives_up});
    if (!moved) return Refusal(moved.error().message);
    Leaving leaving(next, *parts.ledger, *std::move(moved));
    if (auto sent = leaving.send(); !sent) return sent;
    if (auto serves = hear<Serves>(next, k_serves_within, parts); !serves) {
        return Refusal(serves.error());
    }
    leaving.stays_there();
    return {};
}

std::expected<void, std::string> serve_without_ledger(Successor& next, const UpgradeParts& parts) {
    if (!next.control().send(to_text(LetGo{false}))) return Refusal(next.end());
    auto serves = hear<Serves>(next, k_serves_within, parts);
    if (!serves) return Refusal(serves.error());
    return {};
}

}  // namespace

std::expected<Successor, std::string> upgrade(const UpgradeParts& parts) {
    auto next = Successor::start();
    if (!next) return Refusal(next.error());
    observe::info("the new host is process {}; it gets ready", next->id());
    if (!next->control().send(to_text(parts.welcome), numbers(parts.sockets))) {
        return Refusal(next->end());
    }
    const auto ready = hear<ReadyToServe>(*next, k_ready_within, parts);
    if (!ready) return Refusal(ready.error());
    const bool moves = parts.ledger != nullptr && ready->ledger == ledger_text(parts.ledger_config);
    const auto serves =
        moves ? serve_with_ledger(*next, parts) : serve_without_ledger(*next, parts);
    if (!serves) return Refusal(serves.error());
    next->control().send(to_text(Heard()));
    return next;
}

}  // namespace bellwether::serve
