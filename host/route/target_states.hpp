// What is remembered of all targets: their health, how soon they answer, and how many tries are
// under way. One object for the process; any thread may use it. Reading takes no lock, nor does the
// end of a try that succeeds at a target in service. Targets are named by their id (Table).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "config/routing.hpp"
#include "route/content_times.hpp"
#include "route/target_health.hpp"

namespace bellwether::route {

enum class TryEnd : std::uint8_t {
    ok,
    failed,
    neutral  // it says nothing of the target's health
};

// How an answer comes. A plain one has its first content with its last.
enum class AnswerForm : std::uint8_t { plain, stream };

class TargetStates {
  public:
    // A target went out of service or came back.
    struct Change {
        std::size_t id = 0;
        bool out = false;
        std::chrono::milliseconds for_{0};  // how long it will be out, or was out
        unsigned failures_in_row = 0;       // why it is out
        unsigned error_percent = 0;         // of the tries within the window; 0: they are too few
    };
    // Called on the thread whose try changed it, without a lock held.
    using OnChange = std::function<void(const Change&)>;

    TargetStates(const config::Health& health, std::size_t targets, OnChange on_change = {});
    // From the start: the target is the one that `before` knows by that id. If the rules are the
    // same, all that is known of it is kept.
    void keep(std::size_t id, const TargetStates& before, std::size_t id_before);
    TargetStates(const TargetStates&) = delete;
    TargetStates& operator=(const TargetStates&) = delete;

    Service service(std::size_t id, Clock::time_point now) const;
    // Of a target that is not in service.
    Clock::time_point out_since(std::size_t id) const;
    Clock::time_point out_until(std::size_t id) const;
    std::uint64_t times_out(std::size_t id) const;
    // True for the one call that is to try a target whose trial is due. Nothing is to be given
    // back.
    bool claim_trial(std::size_t id, Clock::time_point now);

    // A try begins, and ends once.
    void began(std::size_t id);
    void ended(std::size_t id, TryEnd end, Clock::time_point began, Clock::time_point now);
    std::uint32_t under_way(std::size_t id) const;
    // A probe of the target's provider has ended, which was no try of a call.
    void probed(std::size_t id, TryEnd end, Clock::time_point now);

    // The first content of an answer came after `time`; of a plain one that is all of it.
    void content_after(std::size_t id, AnswerForm answer, std::chrono::nanoseconds time);
    // The mean of these times, in which newer ones count for more; nothing: never measured.
    std::optional<std::chrono::nanoseconds> measured(std::size_t id, AnswerForm answer) const;
    // The same for the order of targets: one that was tried, but in vain, has the longest time
    // there is; nothing: it was never tried.
    std::optional<std::chrono::nanoseconds> latency(std::size_t id, AnswerForm answer) const;
    // Nothing: fewer than ContentTimes::k_measured_min were measured.
    std::optional<std::chrono::nanoseconds> percentile(std::size_t id, AnswerForm answer,
                                                       unsigned percent) const;

  private:
    // Workers write to it all the time: no two targets share a line of the cache.
    struct alignas(64) TargetState {
        explicit TargetState(const config::Health& health_rules)
            : rules(health_rules), health(rules) {}
        const config::Health rules;
        TargetHealth health;
        std::atomic<std::uint32_t> under_way = 0;
        std::atomic<bool> was_tried = false;  // a try there has ended
        std::array<ContentTimes, 2> times;    // by AnswerForm
    };
    void tell_of_ejection(std::size_t id, const std::optional<Ejection>& ejection) const;
    const ContentTimes& times(std::size_t id, AnswerForm answer) const {
        return states_[id]->times[static_cast<std::size_t>(answer)];
    }

    const config::Health health_;
    const OnChange on_change_;
    std::vector<std::shared_ptr<TargetState>> states_;  // by id
};

}  // namespace bellwether::route
