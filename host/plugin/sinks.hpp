// What a plugin may call while it has the word: the host's half of the ABI, for whatever the
// exchange stands for. A call that breaks a rule is noted and judged when the plugin returns.
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
    // One of the others found no memory for what it was given.
    virtual void out_of_memory() = 0;

  protected:
    ~Sinks() = default;
};

}  // namespace bw::plugin

// What a plugin holds of an attempt, or of a question for models.
struct bw_exchange {
    bw::plugin::Sinks* sinks;
};
