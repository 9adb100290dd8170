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

#if defined(BELLWETHER_SANITIZED)
constexpr int k_slowness = 4;
#else
constexpr int k_slowness = 1;
#endif

constexpr milliseconds k_ready_within{60'000};   // reads its config and loads its plugins
constexpr milliseconds k_serves_within{20'000};  // opens a ledger of its own and begins to accept
constexpr milliseconds k_ends_within{2'000};     // once it has nothing to say any more
// The next three are times in which calls wait. The new host opens the ledger that it was sent, and
// has longer for one with many counters.
constexpr milliseconds k_opens_within{3'000 * k_slowness};
constexpr std::chrono::microseconds k_opens_more_each{10 * k_slowness};
constexpr milliseconds k_ends_soon{500};
constexpr milliseconds k_leaves_within{5'000};  // our workers, each between two of its events
constexpr milliseconds k_try_again{100};
constexpr int k_tries = 20;

std::vector<int> numbers(const std::vector<Descriptor>& descriptors) {
    std::vector<int> all;
    for (const auto& one : descriptors) all.push_back(one.get());
    return all;
}

// What is waited for, and how long.
struct Awaited {
    steady_clock::time_point until;
    std::string late;          // what the new host has not done by then
    milliseconds ends_within;  // how long it has to end by itself, if it ends
    std::string_view hint;     // what else to say of one that ends without a word
    std::function<bool()> gives_up;
};

// A new host has more to say only if it is one, and of it only its log tells.
constexpr std::string_view k_never_spoke =
    " before it spoke as a new host does: its log may say why; is the program Bellwether, of a "
    "version that can follow this one?";
constexpr std::string_view k_spoke = "; its log may say why";
constexpr const char* k_not_understood =
    "the new host says what this one does not understand: is the program Bellwether, of a version "
    "that can follow this one?";

// Nobody waits longer for a new host that is late.
std::string given_up(Successor& next, const std::string& late) {
    next.kill();
    return fmt::format("the new host did not {}, and was killed", late);
}

std::string why_silent(Successor& next, Silence silence, const Awaited& awaited) {
    switch (silence) {
        case Silence::gone: return fmt::format("{}{}", next.end(awaited.ends_within), awaited.hint);
        case Silence::given_up: return "the host is about to end";
        case Silence::late: return given_up(next, awaited.late);
        case Silence::nonsense: break;
    }
    return k_not_understood;
}

// Waits for what the new host has to say now.
template <typename Message>
std::expected<Message, std::string> hear(Successor& next, const Awaited& awaited) {
    const auto got = next.control().receive(awaited.until, awaited.gives_up);
    if (!got) return Refusal(why_silent(next, got.error(), awaited));
    auto message = read_upgrade_message(got->bytes);
    if (message && std::holds_alternative<Message>(*message)) {
        return std::get<Message>(*std::move(message));
    }
    const bool refuses = message && std::holds_alternative<Refuses>(*message);
    next.end(awaited.ends_within);
    return Refusal(refuses ? "the new host refuses: " + std::get<Refuses>(*message).reason
                           : k_not_understood);
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

    std::expected<void, std::string> send(const Awaited& awaited) {
        const std::string contents = ledger::to_bytes(moved_.contents);
        if (contents.size() > k_control_bytes_max) {
            return Refusal(fmt::format("the ledger has more in memory than can go over: {} MiB",
                                       contents.size() >> 20));
        }
        auto sent = next_.control().send(to_text(LetGo{true}), {}, awaited.until);
        if (sent) sent = next_.control().send(contents, numbers(moved_.sockets), awaited.until);
        if (!sent) return Refusal(why_silent(next_, sent.error(), awaited));
        return {};
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

Awaited within(milliseconds limit, std::string_view what, milliseconds ends_within,
               std::function<bool()> gives_up) {
    return {.until = steady_clock::now() + limit,
            .late = fmt::format("{} within {} s", what, limit.count() / 1'000),
            .ends_within = ends_within,
            .hint = k_spoke,
            .gives_up = std::move(gives_up)};
}

std::expected<void, std::string> serve_with_ledger(Successor& next, const UpgradeParts& parts) {
    auto moved = parts.ledger->leave({.limit = k_leaves_within, .gives_up = parts.gives_up});
    if (!moved) return Refusal(moved.error().message);
    const auto more = std::chrono::ceil<milliseconds>(k_opens_more_each * moved->counters);
    Leaving leaving(next, *parts.ledger, *std::move(moved));
    const auto awaited =
        within(k_opens_within + more, "open the ledger", k_ends_soon, parts.gives_up);
    if (auto sent = leaving.send(awaited); !sent) return sent;
    if (auto serves = hear<Serves>(next, awaited); !serves) return Refusal(serves.error());
    leaving.stays_there();
    return {};
}

std::expected<void, std::string> serve_without_ledger(Successor& next, const UpgradeParts& parts) {
    const auto awaited = within(k_serves_within, "serve", k_ends_within, parts.gives_up);
    if (auto sent = next.control().send(to_text(LetGo{false})); !sent) {
        return Refusal(why_silent(next, sent.error(), awaited));
    }
    auto serves = hear<Serves>(next, awaited);
    if (!serves) return Refusal(serves.error());
    return {};
}

}  // namespace

std::expected<Successor, std::string> upgrade(const UpgradeParts& parts) {
    auto next = Successor::start();
    if (!next) return Refusal(next.error());
    observe::info("the new host is process {}; it gets ready", next->id());
    auto awaited = within(k_ready_within, "get ready", k_ends_within, [&parts] {
        parts.meanwhile();
        return parts.gives_up();
    });
    awaited.hint = k_never_spoke;
    const auto sent = next->control().send(to_text(parts.welcome), numbers(parts.sockets));
    if (!sent) return Refusal(why_silent(*next, sent.error(), awaited));
    const auto ready = hear<ReadyToServe>(*next, awaited);
    if (!ready) return Refusal(ready.error());
    const bool moves = parts.ledger != nullptr && ready->ledger == ledger_text(parts.ledger_config);
    const auto serves =
        moves ? serve_with_ledger(*next, parts) : serve_without_ledger(*next, parts);
    if (!serves) return Refusal(serves.error());
    (void)next->control().send(to_text(Heard()));
    return next;
}

}  // namespace bellwether::serve
