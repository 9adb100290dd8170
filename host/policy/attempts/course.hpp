// What has become of each target of a call so far, and so where the call may be tried next, and
// when. Made when a first try has failed. A value: the times are given.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "policy/attempts/next_step.hpp"
#include "policy/limits/rules.hpp"

namespace bellwether::policy {

// Whether the two are one target, be it with different credentials.
bool are_one_place(const route::Candidate& a, const route::Candidate& b);

class Course {
  public:
    // What is known of a target beside the call itself.
    struct Outlook {
        Clock::duration wait{0};  // until its upstream has room for the call
        bool failing = false;     // it fails other calls as well
        bool continues = false;   // it can go on with an answer that was begun elsewhere
    };
    using Look = std::function<Outlook(const Prospect& target)>;

    // The targets of the call, in the order in which they are tried; they must outlive the course.
    // Those of a chain follow the route's own.
    explicit Course(std::span<const Prospect> targets)
        : targets_(targets), stops_(targets.size()) {}

    // A try begins at the target.
    void begun(std::size_t target) { stops_[target].begun = true; }
    // The try at the target has failed. `pause`: how long this target is not to be tried.
    void failed(std::size_t target, const Error& error, Clock::time_point now,
                Clock::duration pause);
    // The call cannot go to this place any more, with whatever credential.
    void close(std::size_t target);
    // How often tries at this place have failed, with whatever credential.
    unsigned failures(std::size_t target) const;
    // Where the call may be tried now or later.
    std::vector<NextTry> open(Clock::time_point now, const Look& look) const;

  private:
    struct Stop {
        bool begun = false;  // the call was tried there
        bool spent = false;  // it can never succeed there
        unsigned failures = 0;
        Clock::time_point not_before{};
    };

    bool is_open(std::size_t target) const {
        return !stops_[target].spent && targets_[target].target.chain == chain_;
    }
    bool has_chain(route::Chain chain) const;

    std::span<const Prospect> targets_;
    std::vector<Stop> stops_;                  // one a target
    std::optional<std::size_t> refused_;       // where the last try failed by its credential alone
    route::Chain chain_ = route::Chain::none;  // whose targets are tried
};

}  // namespace bellwether::policy
