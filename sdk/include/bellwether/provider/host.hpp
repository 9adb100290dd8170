// The host's services, and what a provider is made from. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/version.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1 {

// Levels of the host's log.
enum class LogLevel : std::int32_t {
    debug = BW_LOG_DEBUG,
    info = BW_LOG_INFO,
    warn = BW_LOG_WARN,
    error = BW_LOG_ERROR
};

// The host's services. A handle: copy it into the service or the provider and use it for as long as
// that lives, on any thread.
class Host {
  public:
    Host(const bw_host_api* api, bw_host* host)
        : api_(api),
          host_(host),
          engine_(extension<bw_engine_host>(BW_EXT_ENGINE)),
          models_(extension<bw_models_host>(BW_EXT_MODELS)),
          estimates_(extension<bw_estimate_host>(BW_EXT_ESTIMATE)) {}

    // "bellwether", or the test or tool that plays it; and its version.
    std::string_view name() const { return api_->hello->name; }
    std::string_view version() const { return api_->hello->version; }
    // Writes one line to the host's log; never a credential, never a prompt.
    void log(LogLevel level, std::string_view message) const { log_for(nullptr, level, message); }
    // Wall clock.
    std::chrono::milliseconds unix_time() const {
        return std::chrono::milliseconds(api_->unix_ms(host_));
    }
    // Whether the host can do it, for good: "frame.aws", "body.file", "bw.engine/1" ...
    bool has(const char* capability) const { return api_->has(host_, capability) != 0; }
    // Adds to one of the manifest's counters.
    void count(std::string_view counter, std::int64_t add = 1, std::string_view label = {}) const {
        bw_count out = detail::sized<bw_count>();
        out.name = detail::to_str(counter);
        out.add = add;
        out.label = detail::to_str(label);
        api_->count(host_, nullptr, &out);
    }
    // Asks for a step of the call that has this ticket. One whose call is over does nothing.
    void wake(bw_ticket ticket) const {
        if (engine_ != nullptr) engine_->wake(host_, ticket);
    }
    // The host's side of an extension, a struct of bellwether/ext/; nullptr: this host has not got
    // it.
    template <typename T>
    const T* extension(const char* id) const {
        return static_cast<const T*>(api_->extension(host_, id));
    }

    // For the layer below.
    const bw_host_api& api() const { return *api_; }
    const bw_engine_host* engine() const { return engine_; }
    const bw_models_host* models() const { return models_; }
    const bw_estimate_host* estimates() const { return estimates_; }
    detail::Teller teller(bw_attempt* attempt) const { return {api_, host_, attempt}; }
    void log_for(bw_attempt* attempt, LogLevel level, std::string_view message) const {
        bw_log out = detail::sized<bw_log>();
        out.level = static_cast<std::int32_t>(level);
        out.message = detail::to_str(message);
        api_->log(host_, attempt, &out);
    }

  private:
    const bw_host_api* api_;
    bw_host* host_;
    const bw_engine_host* engine_;
    const bw_models_host* models_;
    const bw_estimate_host* estimates_;
};

// What a service or a provider is made from. Lives for the constructor only: copy what is to stay.
class Setup {
  public:
    Setup(Host host, std::string_view config) : host_(host), config_(config) {}

    // The provider's name in the host's config.
    std::string name() const { return config_["name"].string(); }
    // Without a trailing slash; empty if there is none.
    std::string base_url() const { return config_["base_url"].string(); }
    // One of the manifest's "options", or its default; missing if it has none.
    json::Value option(std::string_view key) const { return config_[key]; }
    // All of it: name, base_url, credentials and options.
    json::Value config() const { return config_; }
    // An option of type "duration".
    std::chrono::milliseconds duration(std::string_view key,
                                       std::chrono::milliseconds fallback) const {
        return std::chrono::milliseconds(option(key).integer().value_or(fallback.count()));
    }
    // True if the credential, named as in the manifest, is there and can be used.
    bool has_credential(std::string_view name) const {
        for (const json::Value& one : config_["credentials"].elements()) {
            if (one.equals(name)) return true;
        }
        return false;
    }
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

}  // namespace bw::v1
