// bellwether/testing/fake_host.hpp - a host for tests: drives a plugin's table through whole calls
// without a network. The upstream is what the test says; its body may be cut at any byte. Every
// rule of <bellwether/provider.h> that the plugin breaks is written down in
// FakeHost::misbehaviours.
//
//   bw::testing::Library library("./shout.so");
//   bw::testing::FakeHost host;
//   host.secrets = {"api_key"};
//   bw::testing::Instance shout(host, library.table(),
//   R"({"name":"s","base_url":"https://x.test"})"); auto result = shout.call({}, {200, {}, "data:
//   {...}\n\n"});
//
// One thread, like a provider instance. Any test framework will do.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/provider.h>
#include <dlfcn.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bellwether/json.hpp>
#include <bellwether/sse.hpp>

namespace bw::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a plugin reported in a bw_error.
struct Failed {
    bw_status status = BW_OK;
    std::string where;  // the table's function
    std::string message;
    std::string code;
    std::string param;
    std::uint32_t http_status = 0;
    std::int64_t retry_after_ms = -1;
};

// One attempt, as the plugin will see it.
struct Asked {
    std::uint32_t operation = BW_OP_CHAT;
    bool stream = false;
    std::string model = "m";
    std::string body = R"({"model":"m","messages":[{"role":"user","content":"hello"}]})";
    std::uint32_t attempt = 0;
    std::string id = "req-1";
};

// What the upstream answers.
struct Response {
    std::uint32_t status = 200;
    Headers headers;
    std::string body;
};

// What the plugin sent.
struct Sent {
    std::string method;
    std::string url;
    std::uint32_t frame = 0;
    Headers headers;
    Headers secrets;  // header name, and prefix + "{" + name of the credential + "}"
    std::string body;
    bool body_borrowed = true;  // every byte lay within the request's own body

    // The value of the first header of that name; empty if there is none.
    std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) return value;
        }
        return {};
    }
};

// One emitted piece of JSON.
struct Emitted {
    std::uint32_t kind;
    std::string json;
};

// All that came of one call.
struct Result {
    std::optional<Failed> error;
    Sent sent;
    std::vector<Emitted> emitted;
    std::optional<bw_usage> usage;
    std::vector<std::int64_t> waits;  // what each step of bw.generate/1 asked for

    bool ok() const { return !error; }
    bw_status status() const { return error ? error->status : BW_OK; }
    // The JSON of all pieces of that kind.
    std::vector<std::string> of_kind(std::uint32_t kind) const {
        std::vector<std::string> all;
        for (const Emitted& piece : emitted) {
            if (piece.kind == kind) all.push_back(piece.json);
        }
        return all;
    }
    std::vector<std::string> chunks() const { return of_kind(BW_EMIT_CHUNK); }
    // The complete reply; empty if there is none.
    std::string reply() const {
        const auto all = of_kind(BW_EMIT_REPLY);
        return all.empty() ? std::string() : all.front();
    }
    // Content of the first choice, whether it streamed or not.
    std::string text() const {
        std::string out;
        for (const Emitted& piece : emitted) {
            const json::Value choice = json::Value(piece.json)["choices"].at(0);
            out += choice["delta"]["content"].string() + choice["message"]["content"].string() +
                   choice["text"].string();
        }
        return out;
    }
};

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
        return there ? &generate : nullptr;
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
        exchange.result.usage = *usage;
    }

    bw_host_api api_ = {};
};

// A plugin's file, loaded for the life of the process. Throws std::runtime_error if it does not
// load.
class Library {
  public:
    explicit Library(const std::string& path) {
        void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) throw std::runtime_error(::dlerror());
        void* const symbol = ::dlsym(handle, "bw_plugin_v1");
        if (symbol == nullptr) throw std::runtime_error(path + " exports no bw_plugin_v1");
        table_ = reinterpret_cast<decltype(&bw_plugin_v1)>(symbol)(BW_ABI_MINOR);
        if (table_ == nullptr) throw std::runtime_error(path + " refuses this host");
    }
    const bw_plugin* table() const { return table_; }

  private:
    const bw_plugin* table_ = nullptr;
};

// Cuts a body as the host does and hands each frame to `deliver`, which returns false to stop.
template <typename Deliver>
class Framer {
  public:
    Framer(std::uint32_t frame, std::uint32_t status, Deliver deliver)
        : frame_(frame), ok_(status >= 200 && status < 300), deliver_(std::move(deliver)) {
        if (!ok_) frame_ = BW_FRAME_WHOLE;
    }

    bool feed(std::string_view bytes) {
        if (frame_ == BW_FRAME_SSE && !sniffed_) {
            held_.append(bytes);
            const auto first = held_.find_first_not_of(" \t\r\n");
            if (first == std::string::npos) return true;
            sniffed_ = true;
            if (held_[first] == '{' || held_[first] == '[') {
                frame_ = BW_FRAME_WHOLE;
                return true;
            }
            const std::string held = std::exchange(held_, {});
            return feed(held);
        }
        switch (frame_) {
            case BW_FRAME_RAW: return bytes.empty() || send(BW_FRAME_RAW, bytes, {});
            case BW_FRAME_SSE:
                return parser_.feed(bytes, [this](const SseEvent& event) {
                    return send(BW_FRAME_SSE, event.data, event.event);
                });
            case BW_FRAME_LINE: return lines(bytes);
            default: held_.append(bytes); return true;
        }
    }

    bool finish() {
        constexpr std::size_t k_error_bytes_max = 64 << 10;
        if (frame_ == BW_FRAME_LINE) return lines("\n");
        if (frame_ == BW_FRAME_SSE) {
            return parser_.finish([this](const SseEvent& event) {
                return send(BW_FRAME_SSE, event.data, event.event);
            });
        }
        if (frame_ == BW_FRAME_RAW) return true;
        if (!ok_ && held_.size() > k_error_bytes_max) held_.resize(k_error_bytes_max);
        return send(BW_FRAME_WHOLE, held_, {});
    }

  private:
    bool lines(std::string_view bytes) {
        for (const char c : bytes) {
            if (c != '\n') {
                held_ += c;
                continue;
            }
            if (!held_.empty() && held_.back() == '\r') held_.pop_back();
            const std::string line = std::exchange(held_, {});
            if (!line.empty() && !send(BW_FRAME_LINE, line, {})) return false;
        }
        return true;
    }
    bool send(std::uint32_t kind, std::string_view data, std::string_view event) {
        bw_frame frame = {};
        frame.size = sizeof frame;
        frame.kind = kind;
        frame.data = detail::to_str(data);
        frame.event = detail::to_str(event);
        return deliver_(frame);
    }

    std::uint32_t frame_;
    bool ok_;
    bool sniffed_ = false;
    std::string held_;
    SseParser parser_;
    Deliver deliver_;
};

// One provider instance: made, called, destroyed.
class Instance {
  public:
    Instance(FakeHost& host, const bw_plugin* table, std::string config)
        : host_(host), table_(table) {
        bw_error error = detail::fresh_error();
        base_url_ = json::Value(config)["base_url"].string();
        const bw_status status =
            table->create(host.api(), host.handle(), detail::to_str(config), &provider_, &error);
        if (status != BW_OK) error_ = detail::read_error(status, "create", error);
        if ((status == BW_OK) != (provider_ != nullptr)) host.misbehaved("create: out and status");
    }
    ~Instance() {
        if (provider_ != nullptr) table_->destroy(provider_);
    }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    // Why create failed; empty if it did not.
    const std::optional<Failed>& error() const { return error_; }

    // One whole call. The response's body arrives `cut` bytes at a time; 0: all at once.
    Result call(const Asked& asked, const Response& response = {}, std::size_t cut = 0) {
        std::vector<std::string_view> parts;
        std::string_view body = response.body;
        while (cut != 0 && body.size() > cut) {
            parts.push_back(body.substr(0, cut));
            body.remove_prefix(cut);
        }
        parts.push_back(body);
        return call_in_parts(asked, response, parts);
    }

    // The same, with the body in the given parts.
    Result call_in_parts(const Asked& asked, const Response& response,
                         const std::vector<std::string_view>& parts) {
        FakeExchange exchange;
        exchange.host = &host_;
        exchange.request_body = asked.body;
        exchange.base_url = base_url_;
        exchange.stream = asked.stream;
        bw_call* const call = open(asked, exchange);
        if (call == nullptr) return std::move(exchange.result);
        if (exchange.generating) {
            generate(call, exchange);
        } else {
            answer(call, exchange, response, parts);
        }
        table_->call_close(call);
        const bool complete =
            asked.stream || !exchange.result.ok() || !exchange.result.reply().empty();
        if (!complete) host_.misbehaved("the call ended well without a reply");
        return std::move(exchange.result);
    }

  private:
    static bw_exchange* handle(FakeExchange& exchange) {
        return reinterpret_cast<bw_exchange*>(&exchange);
    }

    bw_call* open(const Asked& asked, FakeExchange& exchange) {
        bw_request request = {};
        request.size = sizeof request;
        request.operation = asked.operation;
        request.flags = asked.stream ? BW_REQUEST_STREAM : 0;
        request.attempt = asked.attempt;
        request.deadline_ms = -1;
        request.id = detail::to_str(asked.id);
        request.model = detail::to_str(asked.model);
        request.body = detail::to_str(asked.body);
        bw_error error = detail::fresh_error();
        bw_call* call = nullptr;
        exchange.in_open = true;
        const bw_status status =
            table_->call_open(provider_, handle(exchange), &request, &call, &error);
        exchange.in_open = false;
        if (status != BW_OK) {
            exchange.result.error = detail::read_error(status, "call_open", error);
            return nullptr;
        }
        if (exchange.sends == 0 && !exchange.generating) host_.misbehaved("call_open sent nothing");
        return call;
    }

    void answer(bw_call* call, FakeExchange& exchange, const Response& response,
                const std::vector<std::string_view>& parts) {
        std::vector<bw_header> headers;
        for (const auto& [name, value] : response.headers) {
            headers.push_back({detail::to_str(name), detail::to_str(value)});
        }
        const bw_head head = {sizeof(bw_head), response.status, headers.data(), headers.size()};
        bw_error error = detail::fresh_error();
        const auto check = [&](bw_status status, const char* where) {
            if (status != BW_OK) {
                exchange.result.error = detail::read_error(status, where, error);
            }
            return status == BW_OK;
        };
        if (!check(table_->call_head(call, &head, &error), "call_head")) return;
        exchange.may_emit = true;
        Framer framer(exchange.result.sent.frame, response.status, [&](const bw_frame& frame) {
            return check(table_->call_data(call, &frame, &error), "call_data");
        });
        for (const std::string_view part : parts) {
            if (!framer.feed(part)) return;
        }
        if (framer.finish()) check(table_->call_end(call, &error), "call_end");
        exchange.may_emit = false;
    }

    void generate(bw_call* call, FakeExchange& exchange) {
        constexpr std::size_t k_steps_max = 1'000'000;
        const auto* const extension =
            table_->extension == nullptr
                ? nullptr
                : static_cast<const bw_generate_plugin*>(table_->extension(BW_EXT_GENERATE));
        if (extension == nullptr) return host_.misbehaved("begin without bw.generate/1");
        exchange.may_emit = true;
        for (std::size_t i = 0; i < k_steps_max; ++i) {
            bw_error error = detail::fresh_error();
            std::int64_t wait = -2;
            const bw_status status = extension->step(call, &wait, &error);
            if (status != BW_OK) {
                exchange.result.error = detail::read_error(status, "step", error);
                return;
            }
            exchange.result.waits.push_back(wait);
            if (wait == -1) return;
            if (wait < 0) return host_.misbehaved("step set no wait");
        }
        host_.misbehaved("step never ends");
    }

    FakeHost& host_;
    const bw_plugin* table_;
    bw_provider* provider_ = nullptr;
    std::string base_url_;
    std::optional<Failed> error_;
};

}  // namespace bw::testing
