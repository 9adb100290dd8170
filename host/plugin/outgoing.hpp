// A request to an upstream, made of what a plugin sends: checked against the ABI's rules, and
// completed with the headers that the host adds. The credentials that the plugin names are written
// into it last (departure.cpp).
#pragma once

#include <bellwether/provider.h>

#include <array>
#include <bellwether/provider/rules.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "net/transport.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

class Outgoing {
  public:
    // `credential`: which one of the provider's goes out with it.
    explicit Outgoing(const LoadedProvider& provider, std::size_t credential)
        : provider_(provider), credential_(credential) {}

    // Takes the request, or says why not. Bytes of `given`, the body that the plugin was given, are
    // not copied if they are all of the new body; `given` must then outlive the request.
    bw::rules::Verdict send(const bw::rules::Conduct& conduct, const bw_send& asked,
                            std::string_view given);

    // Adds those headers of the client's request that the provider's forward_headers lists.
    void forward(const std::vector<Forwarded>& headers);
    // Adds what the plugin does not set: the missing headers, the connect time-out (zero: none) and
    // the wire. The object stays where it is from then on: its request refers to it.
    void complete(std::chrono::milliseconds connect_timeout);

    // The credentials that the plugin has named, with which it goes out.
    std::span<const credentials::Credential* const> named() const {
        return std::span(named_).first(named_count_);
    }
    std::uint32_t frame() const { return frame_; }
    // How long to wait before it is sent.
    std::chrono::milliseconds wait() const { return wait_; }

    net::Request request;

  private:
    void header(std::string_view name, std::string_view value);
    bw::rules::Verdict name(std::string_view credential);
    void take_body(const bw_send& asked, std::string_view given);

    const LoadedProvider& provider_;
    const std::size_t credential_;
    std::array<const credentials::Credential*, bw::rules::k_auth_max> named_{};
    std::size_t named_count_ = 0;
    std::uint32_t frame_ = BW_FRAME_WHOLE;
    std::chrono::milliseconds wait_{0};
    std::optional<std::string> own_body_;  // unless it is a part of what the plugin was given
    bool has_content_type_ = false;
    bool has_accept_ = false;
    bool has_user_agent_ = false;
};

}  // namespace bellwether::plugin
