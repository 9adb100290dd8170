// What a plugin in a child process is given as its host: the functions of bw_host_api, each of
// which says on the channel what the plugin asks for. Whether a rule allows it is known here, so
// the plugin gets the same answer as from the host itself; the host judges it again.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/provider.h>

#include <bellwether/provider/rules.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "plugin/isolated/link.hpp"
#include "plugin/origins.hpp"

namespace bellwether::plugin::isolated {

// What the process knows of its plugin. Constant once that has been loaded and its service opened.
struct OpenedPlugin {
    const bw_plugin* table = nullptr;
    const bw_engine_plugin* engine = nullptr;  // null: it has no such part
    const bw_estimate_plugin* estimate = nullptr;
    bw_service* service = nullptr;
};

// Where an instance's requests may go, and with which credentials.
struct Reachable {
    Origins origins;
    std::vector<std::string> credentials;  // the names of those that can be used
};

// What threads say that no call of the host's runs on: lines of the log, counts and wakes.
class Notes {
  public:
    Notes(Channel& channel, const std::atomic<bool>& gone, int bell)
        : link_(channel, Link::Side::child, gone), bell_(bell) {}
    void put(Message message, std::string_view text);

  private:
    Mutex mutex_;
    Link link_ GUARDED_BY(mutex_);
    const int bell_;
};

// One attempt as the plugin's handle stands for it.
struct SpokenAttempt {
    Link& link;
    const OpenedPlugin& plugin;
    const Reachable& reachable;
    std::uint32_t number;  // the host's
    bw::rules::Conduct conduct{};
    std::string_view given{};  // the request's body, inside call_open
    // The body of the head's answer is here whole already: how the plugin wants it cut.
    std::uint32_t frame = BW_FRAME_WHOLE;
};

inline bw_attempt* handle_of(SpokenAttempt& attempt) {
    return reinterpret_cast<bw_attempt*>(&attempt);
}

// The table, and the notes that it uses; once, before anything of the plugin runs.
const bw_host_api& spoken_api();
void take_notes_with(Notes& notes);

// Whose functions they are, for crash reports.
struct Whereabouts {
    std::string provider;
    std::string file;
};

// While it lives, this thread runs that function of the plugin for the host, on this link.
class Speaking {
  public:
    Speaking(Link& link, const char* function, const Whereabouts& whereabouts,
             const bw_plugin& table);
    ~Speaking();
    Speaking(const Speaking&) = delete;
    Speaking& operator=(const Speaking&) = delete;
};

}  // namespace bellwether::plugin::isolated
