// The host's half of the ABI: what a plugin may call while one of its own functions runs. An
// attempt implements it, and so does a question for models. A call that breaks a rule is noted, and
// judged when the plugin's function returns. All of it is called on the thread that called the
// plugin.
#pragma once

#include <bellwether/provider.h>

#include <cstdint>
#include <string_view>

namespace bw::plugin {

class Sinks {
  public:
    virtual void send(std::string_view method, std::string_view url, std::uint32_t frame) = 0;
    virtual void send_header(std::string_view name, std::string_view value) = 0;
    virtual void send_secret(std::string_view name, std::string_view prefix,
                             std::string_view secret) = 0;
    virtual void send_body(std::string_view bytes) = 0;
    virtual void begin_generating() = 0;
    virtual void emit(std::uint32_t kind, std::string_view json) = 0;
    virtual void emit_usage(const bw_usage& usage) = 0;
    virtual void add_model(std::string_view id) = 0;
    // One of the functions above has run out of memory.
    virtual void out_of_memory() = 0;

  protected:
    ~Sinks() = default;
};

}  // namespace bw::plugin

// The handle that a plugin is given for an attempt, or for a question for models.
struct bw_exchange {
    bw::plugin::Sinks* sinks;
};
