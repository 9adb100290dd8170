// `Predecessor` is the host that has started this one to follow it: what this host gets of it, and
// what it is told.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "config/config.hpp"
#include "ledger/local_store.hpp"
#include "serve/inherited_sockets.hpp"
#include "serve/upgrade/control.hpp"
#include "serve/upgrade/messages.hpp"

namespace bellwether::serve {

// The variable that tells a host that this descriptor leads to the host before it.
inline constexpr const char* k_upgrade_variable = "BELLWETHER_UPGRADE";
inline constexpr int k_upgrade_descriptor = 3;

class Predecessor {
  public:
    // Null: nobody has started this host to be followed. Best called while the process has one
    // thread. The error is a sentence.
    static std::expected<std::unique_ptr<Predecessor>, std::string> find();

    InheritedSockets take_sockets();
    bool api_inherited() const { return welcome_.api_inherited; }
    bool admin_inherited() const { return welcome_.admin_inherited; }

    // Whether the config's addresses are those of the sockets, which this host shall serve on.
    std::expected<void, std::string> check_addresses(const config::Config& config) const;
    // Says that this host could serve, and waits until the old one lets it; from then on the old
    // one's calls wait for the ledger. Nothing: the ledger does not come from there.
    std::expected<std::optional<ledger::MovedStore>, std::string> ask_for_ledger(
        const config::Ledger& ledger);
    // Where the workers of the old host ask for the ledger from now on.
    std::vector<Descriptor> take_ledger_sockets() { return std::move(ledger_sockets_); }
    // This host can accept calls. Waits until the old one has heard it, as one that has given up
    // before takes the ledger back and ends this one; or until it has gone.
    void tell_serving();
    // Another host has taken over from this one. The old one hears of it once this one has ended.
    void tell_followed(pid_t process);
    // This host will not serve.
    void refuse(const std::string& reason);

  private:
    Predecessor(Control control, Welcome welcome, std::vector<Descriptor> sockets);

    Control control_;
    Welcome welcome_;
    std::vector<Descriptor> sockets_;
    std::vector<Descriptor> ledger_sockets_;
};

}  // namespace bellwether::serve
