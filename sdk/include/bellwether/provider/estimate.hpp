// What a request can cost at most, as a provider tells it before the call. Part of
// <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/estimate.h>
#include <bellwether/provider.h>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/host.hpp>
#include <bellwether/provider/usage.hpp>
#include <bellwether/version.hpp>

#include <cstdint>

namespace bw::v1 {

// A base by which a provider promises to have estimate(), so that a misspelt one does not compile.
struct Estimates {};

// The most that a request can come to. What is not said here the host estimates itself.
struct Bounds {
    Usage most;                  // of each amount, and of each unit; -1: not said
    std::int64_t cost_nano = 0;  // in 10^-9 of the currency of the config; 0: not said
};

// Where a provider tells its bounds. A handle that lives until estimate() returns.
class Estimate {
  public:
    Estimate(const Host& host, bw_estimate* estimate) : host_(&host), estimate_(estimate) {}

    // Once. Not calling it, or with nothing said, is having no opinion.
    void bound(const Bounds& bounds) const {
        const bw_estimate_host* const estimates = host_->estimates();
        if (estimates == nullptr) throw Error(BW_E_UNSUPPORTED, "this host takes no estimates");
        detail::with_usage(bounds.most, [&](bw_usage out) {
            out.cost_nano = bounds.cost_nano;
            detail::obey(estimates->bound(estimate_, &out));
        });
    }

  private:
    const Host* host_;
    bw_estimate* estimate_;
};

}  // namespace bw::v1
