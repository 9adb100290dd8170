// A request to an upstream while a plugin writes it. Each step is checked against the ABI's rules.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "net/transport.hpp"
#include "plugin/registry.hpp"

namespace bw::plugin {

class Outgoing {
  public:
    // `credential`: which one of the provider's goes out with it.
    explicit Outgoing(const LoadedProvider& provider, std::size_t credential = 0)
        : provider_(provider), credential_(credential) {}

    // Each gives the rule that was broken, or nullptr.
    const char* send(std::string_view method, std::string_view url, std::uint32_t frame);
    const char* header(std::string_view name, std::string_view value);
    const char* secret(std::string_view name, std::string_view prefix, std::string_view secret);

    // Adds those headers of the client's request that the provider's forward_headers lists.
    void forward(const std::vector<Forwarded>& headers);
    // Adds what the plugin does not set: the missing headers, the connect time-out (zero: none) and
    // the wire.
    void complete(std::chrono::milliseconds connect_timeout);

    bool sent() const { return sent_; }
    std::uint32_t frame() const { return frame_; }

    net::Request request;

  private:
    const LoadedProvider& provider_;
    const std::size_t credential_;
    std::uint32_t frame_ = BW_FRAME_WHOLE;
    bool sent_ = false;
    bool has_content_type_ = false;
    bool has_accept_ = false;
    bool has_user_agent_ = false;
};

}  // namespace bw::plugin
