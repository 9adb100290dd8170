// The services of the host for tests, and the rules that it watches. Part of
// <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/testing/call.hpp>

#include <algorithm>
#include <cctype>
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
    return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

inline bw_error fresh_error() {
    bw_error error = {};
    error.size = sizeof error;
    error.retry_after_ms = -1;
    return error;
}

inline Failed read_error(bw_status status, const char* where, const bw_error& error) {
    return {status,
            where,
            std::string(error.message, error.message_len),
            std::string(error.code, error.code_len),
            std::string(error.param, error.param_len),
            error.http_status,
            error.retry_after_ms};
}

inline std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// Scheme, host and port of a URL.
inline std::string_view origin(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace detail

class FakeHost;

// The host's side of one attempt: what a bw_exchange points to.
struct FakeExchange {
    FakeHost* host = nullptr;
    Result result;
    std::string_view request_body;
    std::string base_url;
    bool stream = false;
    bool in_open = false;
    bool may_emit = false;
    bool may_add = false;  // inside read of bw.models/1
    int sends = 0;
    bool generating = false;
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
    static void require(FakeExchange& exchange, bool rule, const char* broken) {
        if (!rule) exchange.host->misbehaved(broken);
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
        require(exchange, exchange.may_add, "add outside read");
        exchange.result.models.emplace_back(detail::to_view(id));
    }
    static void begin(bw_exchange* handle) noexcept {
        FakeExchange& exchange = self(handle);
        require(exchange, exchange.in_open, "begin outside call_open");
        require(exchange, exchange.sends == 0 && !exchange.generating, "begin after send");
        exchange.generating = true;
    }
    static void send(bw_exchange* handle, bw_str method, bw_str url, std::uint32_t frame) noexcept {
        FakeExchange& exchange = self(handle);
        require(exchange, exchange.in_open, "send outside call_open");
        require(exchange, ++exchange.sends == 1 && !exchange.generating, "send more than once");
        require(exchange,
                detail::origin(detail::to_view(url)) == detail::origin(exchange.base_url) &&
                    !exchange.base_url.empty(),
                "send to another origin than base_url's");
        require(exchange, frame <= BW_FRAME_WHOLE, "send with an unknown framing");
        exchange.result.sent.method = detail::to_view(method);
        exchange.result.sent.url = detail::to_view(url);
        exchange.result.sent.frame = frame;
    }
    static void check_header(FakeExchange& exchange, bw_str name) {
        require(exchange, exchange.in_open && exchange.sends == 1, "a header without send");
        static const std::set<std::string> k_refused = {
            "host",       "content-length", "transfer-encoding", "connection",
            "keep-alive", "user-agent",     "upgrade",           "te",
            "trailer"};
        const std::string key = detail::lower(detail::to_view(name));
        require(exchange, !key.empty() && k_refused.count(key) == 0, "a header of the host's own");
    }
    static void send_header(bw_exchange* handle, bw_str name, bw_str value) noexcept {
        FakeExchange& exchange = self(handle);
        check_header(exchange, name);
        require(exchange, detail::to_view(value).find_first_of("\r\n") == std::string_view::npos,
                "a header with a line break");
        exchange.result.sent.headers.emplace_back(detail::lower(detail::to_view(name)),
                                                  detail::to_view(value));
    }
    static void send_secret(bw_exchange* handle, bw_str name, bw_str prefix,
                            bw_str secret) noexcept {
        FakeExchange& exchange = self(handle);
        check_header(exchange, name);
        const std::string key(detail::to_view(secret));
        require(exchange, exchange.host->secrets.count(key) != 0, "a secret that is not there");
        exchange.result.sent.secrets.emplace_back(
            detail::lower(detail::to_view(name)),
            std::string(detail::to_view(prefix)) + "{" + key + "}");
    }
    static void send_body(bw_exchange* handle, bw_str bytes) noexcept {
        FakeExchange& exchange = self(handle);
        require(exchange, exchange.in_open && exchange.sends == 1, "a body without send");
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
        require(exchange, exchange.may_emit, "emit outside call_data, call_end and step");
        require(exchange, json::valid(text), "emit of something that is not JSON");
        require(exchange, kind <= BW_EMIT_USAGE, "emit of an unknown kind");
        require(exchange, (kind == BW_EMIT_REPLY) != exchange.stream,
                "a reply while streaming, or a chunk while not");
        require(exchange, kind != BW_EMIT_REPLY || exchange.result.reply().empty(),
                "more than one reply");
        exchange.result.emitted.push_back({kind, std::string(text)});
    }
    static void emit_usage(bw_exchange* handle, const bw_usage* usage) noexcept {
        FakeExchange& exchange = self(handle);
        require(exchange, exchange.may_emit, "emit_usage outside call_data, call_end and step");
        require(exchange, usage->reserved == 0, "a reserved field that is not 0");
        exchange.result.take(*usage);
    }

    bw_host_api api_ = {};
};

}  // namespace bw::testing
