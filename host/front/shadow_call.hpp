// `ShadowCall` is a copy of a client's call that goes to the shadow of its route. Nobody gets its
// answer, it is tried once, and it waits for nothing that clients wait for. It is counted apart:
// under the route `shadow:NAME`, and under no key, team or user. ShadowCalls owns it. On the
// worker's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "front/body_room.hpp"
#include "front/context.hpp"
#include "front/cut_off.hpp"
#include "policy/admission/admission.hpp"
#include "policy/attempts/attempts.hpp"
#include "route/table.hpp"

namespace bellwether::front {

// Where the copy of a call goes, whose client named the model `model`, aliases followed. Nothing:
// its route has no shadow, or the chance (any 64 bits) gives this call none.
std::optional<policy::Destination> shadow_of(const route::Match& match, std::string_view model,
                                             std::uint64_t chance);

class ShadowCall final : private policy::Replies {
  public:
    using OnEnd = std::function<void(const ShadowCall&)>;

    // `original`: what is copied. `body`: the room that the copy of its body takes. `on_end` is
    // called once, and must not destroy the call.
    ShadowCall(Context& context, const Call& original, policy::Destination shadow, HeldBody body,
               OnEnd on_end);

    // Asks for admission. `on_end` may be called before it returns.
    void start();
    // Ends the call. Nothing is called any more.
    void interrupt(CutOff why);

  private:
    void begin();
    void refused();
    void on_reply(std::string) override {}
    void on_chunk(std::string_view) override;
    void on_bytes(std::string_view, std::string_view bytes) override { on_chunk(bytes); }
    void on_end(const policy::CallEnd& outcome) override;
    void record(const policy::CallEnd& outcome);

    Context& context_;
    const Call call_;
    const HeldBody body_;      // until the call is destroyed
    const std::string route_;  // `shadow:NAME`
    policy::Admission admission_;
    std::optional<policy::Attempts> attempts_;
    std::chrono::steady_clock::time_point first_byte_{};
    OnEnd on_end_;
};

}  // namespace bellwether::front
