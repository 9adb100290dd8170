// The services of the host for tests, and the rules that it watches. Part of
// <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/rules.hpp>
#include <bellwether/testing/call.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

namespace detail {

inline bw_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(bw_str text) {
    if (text.ptr == nullptr) return {};  // as the host reads it
    return {text.ptr, text.len};
}

inline bw_error fresh_error() {
    bw_error error = {};
    error.size = sizeof error;
    error.retry_after_ms = -1;
    return error;
}

// As the host reads it: a plugin may say that it wrote more than there is room for.
template <std::size_t N>
std::string read_text(const char (&room)[N], std::size_t length) {
    return std::string(room, std::min(length, N));
}

inline Failed read_error(bw_status status, const char* where, const bw_error& error) {
    return {status,
            where,
            read_text(error.message, error.message_len),
            read_text(error.code, error.code_len),
            read_text(error.param, error.param_len),
            error.http_status,
            error.retry_after_ms};
}

}  // namespace detail

class FakeHost;

// The host's side of one attempt: what a bw_exchange points to.
struct FakeExchange {
    FakeHost* host = nullptr;
    Result result;
    std::string_view request_body;
    std::string base_url;
    rules::Conduct conduct;
    bool has_step = false;  // the plugin's side of bw.generate/1
    bool asking = false;    // inside ask of bw.models/1
    bool may_add = false;   // inside its read
};

// The host's services, and the record of what went wrong with them.
class FakeHost {
  public:
    FakeHost() {
        api_.size = sizeof api_;
        api_.abi_minor = BW_ABI_MINOR;
        api_.log = &log;
        api_.unix_ms = &unix_ms;
        api_.has_secret = &has_secret;
        api_.extension = &extension;
        api_.send = &send;
        api_.send_header = &send_header;
        api_.send_secret = &send_secret;
        api_.send_body = &send_body;
        api_.emit = &emit;
        api_.emit_usage = &emit_usage;
    }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    std::set<std::string> secrets;        // the credentials that are there
    std::int64_t now_ms = 1767225600000;  // 2026-01-01T00:00:00Z
    bool has_generate = true;             // false: a host without bw.generate/1
    std::vector<std::pair<std::int32_t, std::string>> logs;
    std::vector<std::string> misbehaviours;  // the rules that the plugin broke

    const bw_host_api* api() const { return &api_; }
    bw_host* handle() { return reinterpret_cast<bw_host*>(this); }
    void misbehaved(std::string rule) { misbehaviours.push_back(std::move(rule)); }

  private:
    static FakeHost& self(bw_host* host) { return *reinterpret_cast<FakeHost*>(host); }
    static FakeExchange& self(bw_exchange* exchange) {
        return *reinterpret_cast<FakeExchange*>(exchange);
    }
    // Writes a broken rule down; true if there is one.
    static bool broken(FakeExchange& exchange, const char* rule) {
        if (rule != nullptr) exchange.host->misbehaved(rule);
        return rule != nullptr;
    }

    static void log(bw_host* host, std::int32_t level, bw_str message) noexcept {
        self(host).logs.emplace_back(level, detail::to_view(message));
    }
    static std::int64_t unix_ms(bw_host* host) noexcept { return self(host).now_ms; }
    static std::int32_t has_secret(bw_host* host, bw_str name) noexcept {
        return self(host).secrets.count(std::string(detail::to_view(name))) != 0 ? 1 : 0;
    }
    static const void* extension(bw_host* host, const char* id) noexcept {
        static constexpr bw_generate_host generate = {sizeof(bw_generate_host), 0, &begin};
        const bool there = self(host).has_generate && std::string_view(id) == BW_EXT_GENERATE;
        if (there) return &generate;
        static constexpr bw_models_host models = {sizeof(bw_models_host), 0, &add_model};
        return std::string_view(id) == BW_EXT_MODELS ? &models : nullptr;
    }
    static void add_model(bw_exchange* handle, bw_str id) noexcept {
        FakeExchange& exchange = self(handle);
        broken(exchange, rules::check_add(exchange.may_add));
        exchange.result.models.emplace_back(detail::to_view(id));
    }
    static void begin(bw_exchange* handle) noexcept {
        FakeExchange& exchange = self(handle);
        broken(exchange, exchange.asking ? "generate outside call_open"
                                         : rules::check_begin(exchange.conduct, exchange.has_step));
        exchange.conduct.generating = true;
    }
    static void send(bw_exchange* handle, bw_str method, bw_str url, std::uint32_t frame) noexcept {
        FakeExchange& exchange = self(handle);
        if (exchange.asking) broken(exchange, rules::check_ask(detail::to_view(method)));
        broken(exchange,
               rules::check_send(exchange.conduct, detail::to_view(method), detail::to_view(url),
                                 frame, rules::origin(exchange.base_url)));
        exchange.conduct.sent = true;
        exchange.result.sent.method = detail::to_view(method);
        exchange.result.sent.url = detail::to_view(url);
        exchange.result.sent.frame = frame;
    }
    static void send_header(bw_exchange* handle, bw_str name, bw_str value) noexcept {
        FakeExchange& exchange = self(handle);
        broken(exchange, rules::check_header(exchange.conduct, detail::to_view(name),
                                             detail::to_view(value)));
        exchange.result.sent.headers.emplace_back(rules::detail::lower(detail::to_view(name)),
                                                  detail::to_view(value));
    }
    static void send_secret(bw_exchange* handle, bw_str name, bw_str prefix,
                            bw_str secret) noexcept {
        FakeExchange& exchange = self(handle);
        const std::string key(detail::to_view(secret));
        if (!broken(exchange, rules::check_secret(exchange.conduct,
                                                  exchange.host->secrets.count(key) != 0))) {
            broken(exchange, rules::check_header(exchange.conduct, detail::to_view(name),
                                                 detail::to_view(prefix)));
        }
        exchange.result.sent.secrets.emplace_back(
            rules::detail::lower(detail::to_view(name)),
            std::string(detail::to_view(prefix)) + "{" + key + "}");
    }
    static void send_body(bw_exchange* handle, bw_str bytes) noexcept {
        FakeExchange& exchange = self(handle);
        broken(exchange,
               exchange.asking ? "send_body of a GET" : rules::check_body(exchange.conduct));
        const std::string_view body = exchange.request_body;
        const std::string_view part = detail::to_view(bytes);
        const bool within =
            part.empty() ||
            (part.data() >= body.data() && part.data() + part.size() <= body.data() + body.size());
        exchange.result.sent.body_borrowed = exchange.result.sent.body_borrowed && within;
        exchange.result.sent.body.append(part);
    }
    static void emit(bw_exchange* handle, std::uint32_t kind, bw_str json) noexcept {
        FakeExchange& exchange = self(handle);
        const std::string_view text = detail::to_view(json);
        broken(exchange, rules::check_emit(exchange.conduct, kind, text));
        exchange.conduct.replied = exchange.conduct.replied || kind != BW_EMIT_USAGE;
        exchange.result.emitted.push_back({kind, std::string(text)});
    }
    static void emit_usage(bw_exchange* handle, const bw_usage* usage) noexcept {
        FakeExchange& exchange = self(handle);
        if (usage == nullptr) return;
        broken(exchange, rules::check_usage(exchange.conduct));
        if (usage->reserved != 0) exchange.host->misbehaved("a reserved field that is not 0");
        exchange.result.take(*usage);
    }

    bw_host_api api_ = {};
};

}  // namespace bw::testing
