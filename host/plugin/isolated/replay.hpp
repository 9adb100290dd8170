// What a plugin said in its child process, said to the host: as though the plugin had called the
// host's functions here. So the host judges it like that of any other plugin.
#pragma once

#include <bellwether/ext/estimate.h>
#include <bellwether/provider.h>

#include <bellwether/provider/rules.hpp>
#include <optional>
#include <string_view>

#include "plugin/isolated/life.hpp"
#include "plugin/isolated/messages.hpp"

namespace bellwether::plugin::isolated {

// The host's half of one call as the child's messages name it.
struct Spoken {
    bw_attempt* attempt = nullptr;
    std::string_view given = {};           // the request's body, while it is opened
    bw_ticket ticket = 0;                  // the plugin's own, once it has begun to step
    std::uint32_t frame = BW_FRAME_WHOLE;  // as its last `send` wants the answer cut
    bool chose_frame = false;              // in call_head
    // The function in which it said what is heard now; nothing: the one that was called.
    std::optional<bw::rules::Phase> phase{};
};

// Who hears it: the service or instance, and one of its calls.
struct Hearer {
    bw_host* host = nullptr;
    Spoken* call = nullptr;  // null: it is about none, or about one that has ended
    bw_estimate* estimate = nullptr;
    Life* life = nullptr;
};

// Whether the message is about a call: then its text begins with the call's number.
bool is_of_call(Message message);
// False: no process of a plugin says that.
bool replay(Message message, Unpacker& text, const Hearer& hearer);

}  // namespace bellwether::plugin::isolated
