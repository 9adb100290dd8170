// The host's services, and what a provider is made from. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bw {

// Levels of the host's log.
enum class LogLevel : std::int32_t {
    debug = BW_LOG_DEBUG,
    info = BW_LOG_INFO,
    warn = BW_LOG_WARN,
    error = BW_LOG_ERROR
};

// The host's services. A handle: copy it into the provider and use it for as long as that lives.
class Host {
  public:
    Host(const bw_host_api* api, bw_host* host) : api_(api), host_(host) {}

    // Writes one line to the host's log; never a credential, never a prompt.
    void log(LogLevel level, std::string_view message) const {
        api_->log(host_, static_cast<std::int32_t>(level), detail::to_str(message));
    }
    // Wall clock.
    std::chrono::milliseconds unix_time() const {
        return std::chrono::milliseconds(api_->unix_ms(host_));
    }
    // True if the credential, named as in the manifest, is there.
    bool has_secret(std::string_view name) const {
        return api_->has_secret(host_, detail::to_str(name)) != 0;
    }
    // The host's side of an extension, a struct of bellwether/ext/; nullptr: this host has not got
    // it.
    template <typename T>
    const T* extension(const char* id) const {
        return static_cast<const T*>(api_->extension(host_, id));
    }

  private:
    const bw_host_api* api_;
    bw_host* host_;
};

// What a provider is made from. Lives for the constructor only: copy what is to stay.
class Setup {
  public:
    Setup(Host host, std::string_view config) : host_(host), config_(config) {}

    // The provider's name in the host's config.
    std::string name() const { return config_["name"].string(); }
    // Without a trailing slash; empty if there is none.
    std::string base_url() const { return config_["base_url"].string(); }
    // One of the manifest's "options"; missing if the config does not set it.
    json::Value option(std::string_view key) const { return config_[key]; }
    // All of it: name, base_url and options.
    json::Value config() const { return config_; }
    // The same, of type "duration".
    std::chrono::milliseconds duration(std::string_view key,
                                       std::chrono::milliseconds fallback) const {
        return std::chrono::milliseconds(option(key).integer().value_or(fallback.count()));
    }
    bool has_secret(std::string_view name) const { return host_.has_secret(name); }
    void log(LogLevel level, std::string_view message) const { host_.log(level, message); }
    template <typename T>
    const T* extension(const char* id) const {
        return host_.extension<T>(id);
    }
    // To be kept by a provider that wants the clock or the log later.
    Host host() const { return host_; }

  private:
    Host host_;
    json::Value config_;
};

}  // namespace bw
