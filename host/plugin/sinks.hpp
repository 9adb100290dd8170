// The host's half of the ABI: what a plugin may call while one of its own functions runs for an
// attempt. Each gives the status that the plugin sees; what the plugin makes of it is judged when
// its function returns. All of it is called on the thread that called the plugin.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>

#include <string_view>

#include "observe/log.hpp"

namespace bellwether::plugin {

class Sinks {
  public:
    virtual bw_status fail(const bw_error& error) = 0;
    virtual void log(LogLevel level, std::string_view message) = 0;
    virtual bw_status send(const bw_send& request) = 0;
    virtual bw_status frame(std::uint32_t kind) = 0;
    virtual bw_status emit(const bw_emit& piece) = 0;
    virtual bw_status reply_header(const bw_header& header) = 0;
    virtual bw_status usage(const bw_usage& usage) = 0;
    virtual bw_status limits(const bw_limits& limits) = 0;
    virtual bw_status attribute(const bw_attribute& attribute) = 0;
    virtual bw_ticket begin_engine() = 0;
    virtual bw_status add_model(const bw_model& model) = 0;
    // One of the functions above has run out of memory. Gives the status of that.
    virtual bw_status out_of_memory() = 0;

  protected:
    ~Sinks() = default;
};

}  // namespace bellwether::plugin

// The handle that a plugin is given for an attempt.
struct bw_attempt {
    bellwether::plugin::Sinks* sinks;
};
