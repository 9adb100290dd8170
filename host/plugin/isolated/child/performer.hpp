// `Performer` does what the host asks for on one channel: it calls the functions of the plugin for
// one instance, and says how they ended. It has a thread of its own.
#pragma once

#include <bellwether/ext/estimate.h>
#include <bellwether/provider.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "plugin/isolated/child/speaker.hpp"
#include "plugin/isolated/link.hpp"
#include "plugin/isolated/packing.hpp"

namespace bellwether::plugin::isolated {

class Performer {
  public:
    // All of it outlives the object.
    Performer(Channel& channel, const std::atomic<bool>& gone, const OpenedPlugin& plugin,
              const Whereabouts& whereabouts);

    // For as long as the process lives.
    void serve();

  private:
    struct SpokenCall {
        SpokenAttempt attempt;
        bw_call* call = nullptr;
        bool is_behind = false;  // it has been asked without an answer, which ended so:
        bw_status held = BW_OK;
    };

    void perform(Message message, Unpacker& text);
    void create(Unpacker& text);
    void destroy();
    void open(Unpacker& text);
    void head(Unpacker& text);
    void data(Unpacker& text);
    void end(Unpacker& text);
    void close(Unpacker& text);
    void step(Unpacker& text);
    void estimate(Unpacker& text);

    SpokenCall* call_of(std::uint32_t number);
    template <typename Function, typename... Arguments>
    bw_status call(SpokenCall& spoken, bw::rules::Phase phase, const char* name, Function function,
                   Arguments... arguments);
    template <typename Function, typename... Arguments>
    auto enter(const char* name, Function function, Arguments... arguments);
    bw_status give(SpokenCall& spoken, const bw_frame& frame);
    void close_well(std::uint32_t number, SpokenCall& spoken);
    void tell_phase(const SpokenCall& spoken, bw::rules::Phase phase);
    void answer(const Returned& ending);
    void follow_host();

    Link link_;
    const OpenedPlugin& plugin_;
    const Whereabouts& whereabouts_;
    Reachable reachable_;
    bw_provider* instance_ = nullptr;
    std::unordered_map<std::uint32_t, std::unique_ptr<SpokenCall>> calls_;
    static constexpr std::uint32_t k_nowhere = ~0u;
    std::uint32_t cpu_ = k_nowhere;             // where this thread stays
    std::uint32_t asked_from_cpu_ = k_nowhere;  // where the host's thread was
    unsigned asked_from_ = 0;                   // how often in a row
};

}  // namespace bellwether::plugin::isolated
