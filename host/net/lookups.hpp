// When a name is looked up anew: after it led to where nobody takes connections, and at most once
// in a while, so that an upstream which is away does not make a storm of questions. (libcurl does
// not keep what it found so, and looks once more for the next connection.)
#pragma once

#include <chrono>

namespace bw::net {

class Lookups {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds k_apart{1};

    void doubt() { doubted_ = true; }

    // Whether to ask now; if so it counts as done.
    bool take(Time now) {
        if (!doubted_ || now < next_) return false;
        doubted_ = false;
        next_ = now + k_apart;
        return true;
    }
    bool doubted() const { return doubted_; }

  private:
    bool doubted_ = false;
    Time next_{};
};

}  // namespace bw::net
