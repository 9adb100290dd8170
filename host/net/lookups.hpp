// `Lookups` says when a name is to be looked up again: after its cached address has led to a failed
// connection, but at most once a second, so that an upstream which is down does not cause a storm
// of DNS queries. (libcurl does not cache the result of such a lookup, and looks the name up once
// more for the next connection.)
#pragma once

#include <chrono>

namespace bellwether::net {

class Lookups {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds k_apart{1};

    void doubt() { doubted_ = true; }

    // Whether to look the name up now; if true, the lookup counts as done.
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

}  // namespace bellwether::net
