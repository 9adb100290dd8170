#include "serve/upgrade/predecessor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <cstdlib>
#include <utility>

#include "ledger/handover/wire.hpp"
#include "serve/address.hpp"

namespace bellwether::serve {
namespace {

using Refusal = std::unexpected<std::string>;
using std::chrono::steady_clock;

// The old host has a limit of its own, after which it ends this one.
constexpr std::chrono::minutes k_patience{5};
constexpr std::chrono::seconds k_welcomes_within{10};

template <typename Message>
std::expected<Message, std::string> read(const std::expected<ControlMessage, Silence>& got) {
    if (!got) return Refusal("the old host has gone, and this one was to follow it");
    auto message = read_upgrade_message(got->bytes);
    if (!message || !std::holds_alternative<Message>(*message)) {
        return Refusal("the old host says what this one does not understand");
    }
    return std::get<Message>(*std::move(message));
}

bool is_unix_socket(int descriptor) {
    int domain = 0;
    socklen_t length = sizeof(domain);
    return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
           domain == AF_UNIX;
}

std::expected<void, std::string> check_address(const std::vector<Descriptor>& sockets,
                                               std::size_t from, std::size_t to,
                                               const Address& wanted) {
    for (std::size_t i = from; i < to; ++i) {
        const auto bound = address_of(sockets[i].get());
        if (bound && is_at(*bound, wanted)) continue;
        return Refusal(fmt::format(
            "the running host listens on {}, but the config says {}: let the running host read the "
            "config first (bellwether reload), and upgrade then",
            bound ? to_string(*bound) : "nothing", to_string(wanted)));
    }
    return {};
}

}  // namespace

Predecessor::Predecessor(Control control, Welcome welcome, std::vector<Descriptor> sockets)
    : control_(std::move(control)), welcome_(welcome), sockets_(std::move(sockets)) {}

std::expected<std::unique_ptr<Predecessor>, std::string> Predecessor::find() {
    const char* const word = std::getenv(k_upgrade_variable);
    if (word == nullptr) return nullptr;
    const bool is_ours = word == std::to_string(k_upgrade_descriptor);
    unsetenv(k_upgrade_variable);
    const std::string no_host =
        fmt::format("${} is set, but leads to no host that this one could follow; unset it",
                    k_upgrade_variable);
    if (!is_ours || !is_unix_socket(k_upgrade_descriptor)) return Refusal(no_host);
    fcntl(k_upgrade_descriptor, F_SETFD, FD_CLOEXEC);
    Control control{Descriptor(k_upgrade_descriptor)};
    auto got = control.receive(steady_clock::now() + k_welcomes_within);
    const auto welcome = read<Welcome>(got);
    if (!welcome) return Refusal(no_host);
    if (got->descriptors.size() != welcome->api + welcome->admin) {
        return Refusal("the old host has not sent the sockets that it names");
    }
    std::unique_ptr<Predecessor> found(
        new Predecessor(std::move(control), *welcome, std::move(got->descriptors)));
    if (welcome->handover != ledger::k_handover_version) {
        const auto reason = fmt::format(
            "its way to take over a ledger (version {}) is not that of the running host (version "
            "{}): stop the running host, and start this program instead",
            ledger::k_handover_version, welcome->handover);
        found->refuse(reason);
        return Refusal(reason);
    }
    return found;
}

InheritedSockets Predecessor::take_sockets() {
    InheritedSockets taken;
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        (i < welcome_.api ? taken.api : taken.admin).add(sockets_[i].release());
    }
    sockets_.clear();
    return taken;
}

std::expected<void, std::string> Predecessor::check_addresses(const config::Config& config) const {
    const auto api = resolve(config.server.host, config.server.port);
    if (!api) return Refusal(api.error());
    if (auto same = check_address(sockets_, 0, welcome_.api, *api); !same) return same;
    if (config.admin.on != (welcome_.admin > 0)) {
        return Refusal(
            "admin.listen has been switched on or off in the config: let the running host read it "
            "first (bellwether reload, or SIGHUP), and upgrade then");
    }
    if (!config.admin.on) return {};
    const auto admin = resolve(config.admin.host, config.admin.port);
    if (!admin) return Refusal(admin.error());
    return check_address(sockets_, welcome_.api, sockets_.size(), *admin);
}

std::expected<std::optional<ledger::MovedStore>, std::string> Predecessor::ask_for_ledger(
    const config::Ledger& ledger) {
    (void)control_.send(to_text(ReadyToServe{ledger_text(ledger)}));
    const auto until = steady_clock::now() + k_patience;
    const auto go = read<LetGo>(control_.receive(until));
    if (!go) return Refusal(go.error());
    if (!go->moves_ledger) return std::nullopt;
    auto got = control_.receive(until);
    auto moved = got ? ledger::read_moved(got->bytes) : std::nullopt;
    if (!moved) return Refusal("the old host has not handed over what its ledger holds");
    ledger_sockets_ = std::move(got->descriptors);
    return moved;
}

void Predecessor::tell_serving() {
    (void)control_.send(to_text(Serves()));
    (void)control_.receive(steady_clock::now() + k_patience);
}

void Predecessor::tell_followed(pid_t process) {
    (void)control_.send(to_text(HandedOn{static_cast<std::uint64_t>(process)}));
}

void Predecessor::refuse(const std::string& reason) {
    (void)control_.send(to_text(Refuses{reason}));
}

}  // namespace bellwether::serve
