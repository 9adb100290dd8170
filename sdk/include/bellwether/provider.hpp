// bellwether/provider.hpp - writes a provider plugin as a small C++ class: no casts, no tables, no
// lifetimes to keep by hand. A provider is a class with a nested class Call, one object for each
// attempt to answer a request:
//
//   struct Shout {
//       explicit Shout(const bw::Setup& setup);
//       struct Call {
//           Call(Shout& provider, const bw::Request& request, bw::Exchange exchange);
//           void head(const bw::Head& head);    // optional
//           void data(const bw::Frame& frame);  // needed, unless there is a step
//           void end();                         // optional
//           std::optional<std::chrono::milliseconds> step();  // optional: answers by itself
//       };
//   };
//   BW_PROVIDER(Shout, "com.example.shout", "1.0.0", R"({"summary": "SHOUTS"})")
//
// The constructor of Call sends; the destructor of Call is also what a cancel looks like. Anything
// goes wrong: throw bw::Error. Any other exception is reported as a bug of the plugin; none leaves
// it. The threading and the lifetimes are those of <bellwether/provider.h>: one instance, one
// thread.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/provider.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <bellwether/json.hpp>

namespace bw {

namespace detail {

inline bw_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(bw_str text) {
    return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

// Appends what fits of `text` to one of bw_error's arrays, whole UTF-8 characters only. Allocates
// nothing: it also has to report that memory ran out.
template <std::size_t Size>
void append_text(char (&array)[Size], std::uint32_t& used, std::string_view text) {
    std::size_t count = text.size() < Size - used ? text.size() : Size - used;
    if (count < text.size()) {
        while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) --count;
    }
    if (count > 0) std::memcpy(array + used, text.data(), count);
    used += static_cast<std::uint32_t>(count);
}

}  // namespace detail

// ---- errors ----------------------------------------------------------------------------------

// What a provider throws: `throw bw::Error(BW_E_RATE, "wait").retry_after(20s).http_status(429)`.
class Error : public std::exception {
  public:
    // `status` is a BW_E_*; `message` says, to a person, what happened and what to do.
    Error(bw_status status, std::string message) : status_(status), message_(std::move(message)) {}

    // The upstream's own code, for programs.
    Error& code(std::string_view code) { return code_ = code, *this; }
    // The field of the request that is at fault.
    Error& param(std::string_view param) { return param_ = param, *this; }
    // The status of the upstream's response.
    Error& http_status(std::uint32_t status) { return http_status_ = status, *this; }
    // How long to wait before the next try.
    Error& retry_after(std::chrono::milliseconds wait) {
        return retry_after_ms_ = wait.count() < 0 ? 0 : wait.count(), *this;
    }

    bw_status status() const { return status_; }
    const char* what() const noexcept override { return message_.c_str(); }
    const std::string& message() const { return message_; }
    const std::string& code() const { return code_; }
    const std::string& param() const { return param_; }
    std::uint32_t http_status() const { return http_status_; }
    // Empty: not said.
    std::optional<std::chrono::milliseconds> retry_after() const {
        if (retry_after_ms_ < 0) return std::nullopt;
        return std::chrono::milliseconds(retry_after_ms_);
    }

    // Fills the host's struct and gives the status to return. Used by the layer below.
    bw_status write(bw_error* out) const noexcept {
        // BW_OK thrown is a bug, and BW_OK returned would hide it.
        const bw_status status = status_ == BW_OK ? BW_E_INTERNAL : status_;
        if (out == nullptr) return status;
        out->http_status = http_status_;
        out->retry_after_ms = retry_after_ms_;
        detail::append_text(out->message, out->message_len, message_);
        detail::append_text(out->code, out->code_len, code_);
        detail::append_text(out->param, out->param_len, param_);
        return status;
    }

  private:
    bw_status status_;
    std::uint32_t http_status_ = 0;
    std::int64_t retry_after_ms_ = -1;
    std::string message_;
    std::string code_;
    std::string param_;
};

// ---- the host --------------------------------------------------------------------------------

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

// ---- what is asked ---------------------------------------------------------------------------

// What a request asks for; a value that is none of these is BW_E_UNSUPPORTED.
enum class Operation : std::uint32_t {
    chat = BW_OP_CHAT,
    completions = BW_OP_COMPLETIONS,
    embeddings = BW_OP_EMBEDDINGS
};

// One attempt to answer one request. Borrowed: only the constructor of Call sees it.
class Request {
  public:
    explicit Request(const bw_request& request) : request_(request) {}

    Operation operation() const { return static_cast<Operation>(request_.operation); }
    bool stream() const { return (request_.flags & BW_REQUEST_STREAM) != 0; }
    // 0 for the first try of this client request, then 1, 2 ...
    std::uint32_t attempt() const { return request_.attempt; }
    // Time left; empty: no limit.
    std::optional<std::chrono::milliseconds> deadline() const {
        if (request_.deadline_ms < 0) return std::nullopt;
        return std::chrono::milliseconds(request_.deadline_ms);
    }
    std::string_view id() const { return detail::to_view(request_.id); }
    std::string_view model() const { return detail::to_view(request_.model); }
    // The client's JSON; handed to Sending::body as it is, it is not copied.
    std::string_view body() const { return detail::to_view(request_.body); }
    json::Value json() const { return json::Value(body()); }

  private:
    const bw_request& request_;
};

// ---- what comes back -------------------------------------------------------------------------

// The head of the upstream's response. Borrowed.
class Head {
  public:
    explicit Head(const bw_head& head) : head_(head) {}

    std::uint32_t status() const { return head_.http_status; }
    bool ok() const { return head_.http_status >= 200 && head_.http_status < 300; }
    // The value of the first header of that name, which is given in lower case; empty if none.
    std::string_view header(std::string_view name) const {
        for (std::size_t i = 0; i < head_.header_count; ++i) {
            if (detail::to_view(head_.headers[i].name) == name) {
                return detail::to_view(head_.headers[i].value);
            }
        }
        return {};
    }

  private:
    const bw_head& head_;
};

// A piece of the upstream's body. Borrowed.
class Frame {
  public:
    // How the host cuts the body; see BW_FRAME_*.
    enum Kind : std::uint32_t {
        raw = BW_FRAME_RAW,
        sse = BW_FRAME_SSE,
        line = BW_FRAME_LINE,
        whole = BW_FRAME_WHOLE
    };
    explicit Frame(const bw_frame& frame) : frame_(frame) {}

    Kind kind() const { return static_cast<Kind>(frame_.kind); }
    bool is_whole() const { return frame_.kind == BW_FRAME_WHOLE; }
    std::string_view data() const { return detail::to_view(frame_.data); }
    // The name of a server-sent event; empty if it has none.
    std::string_view event() const { return detail::to_view(frame_.event); }

  private:
    const bw_frame& frame_;
};

// Tokens, as the upstream counted them; -1: not said.
struct Usage {
    std::int64_t input = -1;         // the whole prompt, cached tokens included
    std::int64_t output = -1;        // everything generated, reasoning included
    std::int64_t cached_input = -1;  // the part of input read from a cache
    std::int64_t reasoning = -1;     // the part of output that was reasoning
};

namespace detail {

// What an instance knows of its host, looked up once.
struct Context {
    const bw_host_api* api;
    const bw_generate_host* generate;  // nullptr: this host cannot run an engine
};

}  // namespace detail

// What is being sent: `exchange.send(...).header(...).secret(...).body(...)`.
class Sending {
  public:
    Sending(const bw_host_api* api, bw_exchange* exchange) : api_(api), exchange_(exchange) {}

    Sending& header(std::string_view name, std::string_view value) {
        api_->send_header(exchange_, detail::to_str(name), detail::to_str(value));
        return *this;
    }
    // A header with a credential in it that only the host sees; for example
    // secret("authorization", "Bearer ", "api_key").
    Sending& secret(std::string_view name, std::string_view prefix, std::string_view secret) {
        api_->send_secret(exchange_, detail::to_str(name), detail::to_str(prefix),
                          detail::to_str(secret));
        return *this;
    }
    // Appends to the body.
    Sending& body(std::string_view bytes) {
        api_->send_body(exchange_, detail::to_str(bytes));
        return *this;
    }

  private:
    const bw_host_api* api_;
    bw_exchange* exchange_;
};

// One attempt, as the host sees it. A handle: copy it into the Call and use it for as long as that
// lives.
class Exchange {
  public:
    Exchange(const detail::Context& context, bw_exchange* exchange)
        : context_(&context), exchange_(exchange) {}

    // In the constructor of Call only, exactly once: asks the upstream. `url` has the origin of
    // base_url.
    Sending send(std::string_view method, std::string_view url, Frame::Kind frame) const {
        context_->api->send(exchange_, detail::to_str(method), detail::to_str(url), frame);
        return {context_->api, exchange_};
    }
    // In the constructor of Call only, in place of send: Call::step makes the answer.
    void generate() const {
        if (context_->generate == nullptr) {
            throw Error(BW_E_UNSUPPORTED, "this host cannot run a provider that answers by itself");
        }
        context_->generate->begin(exchange_);
    }

    // Not streaming: the complete reply, exactly once.
    void emit_reply(std::string_view json) const { emit(BW_EMIT_REPLY, json); }
    // Streaming: one chunk.
    void emit_chunk(std::string_view json) const { emit(BW_EMIT_CHUNK, json); }
    // Streaming: the closing chunk with `"choices":[]` and `usage`. Optional: usage() will do.
    void emit_usage_chunk(std::string_view json) const { emit(BW_EMIT_USAGE, json); }
    // What the call has used so far; the last one holds.
    void usage(const Usage& usage) const {
        bw_usage out = {};
        out.size = sizeof out;
        out.input_tokens = usage.input;
        out.output_tokens = usage.output;
        out.cached_input_tokens = usage.cached_input;
        out.reasoning_tokens = usage.reasoning;
        context_->api->emit_usage(exchange_, &out);
    }

  private:
    void emit(std::uint32_t kind, std::string_view json) const {
        context_->api->emit(exchange_, kind, detail::to_str(json));
    }

    const detail::Context* context_;
    bw_exchange* exchange_;
};

// ---- from the class to the table -------------------------------------------------------------

namespace detail {

template <typename Call, typename = void>
struct HasHead : std::false_type {};
template <typename Call>
struct HasHead<Call, std::void_t<decltype(std::declval<Call&>().head(std::declval<Head>()))>>
    : std::true_type {};

template <typename Call, typename = void>
struct HasData : std::false_type {};
template <typename Call>
struct HasData<Call, std::void_t<decltype(std::declval<Call&>().data(std::declval<Frame>()))>>
    : std::true_type {};

template <typename Call, typename = void>
struct HasEnd : std::false_type {};
template <typename Call>
struct HasEnd<Call, std::void_t<decltype(std::declval<Call&>().end())>> : std::true_type {};

template <typename Call, typename = void>
struct HasStep : std::false_type {};
template <typename Call>
struct HasStep<Call, std::void_t<decltype(std::declval<Call&>().step())>> : std::true_type {};

inline bw_status report_bug(bw_error* out, const char* function, const char* what) noexcept {
    if (out == nullptr) return BW_E_INTERNAL;
    append_text(out->message, out->message_len, "a bug in the plugin: ");
    append_text(out->message, out->message_len, function);
    append_text(out->message, out->message_len, " threw ");
    append_text(out->message, out->message_len, what);
    return BW_E_INTERNAL;
}

// Runs `body`; whatever it throws ends here, as a status.
template <typename Body>
bw_status guarded(bw_error* out, const char* function, Body&& body) noexcept {
    try {
        body();
        return BW_OK;
    } catch (const Error& error) {
        return error.write(out);
    } catch (const std::exception& error) {
        return report_bug(out, function, error.what());
    } catch (...) {
        return report_bug(out, function, "something that is not a std::exception");
    }
}

// What is behind a bw_provider.
template <typename Provider>
struct Instance {
    Instance(const bw_host_api* api, bw_host* host, std::string_view config)
        : context{api, static_cast<const bw_generate_host*>(api->extension(host, BW_EXT_GENERATE))},
          provider(Setup(Host(api, host), config)) {}

    Context context;
    Provider provider;
};

// The functions of the table for one provider class.
template <typename Provider>
struct Thunks {
    using Call = typename Provider::Call;
    static_assert(HasData<Call>::value || HasStep<Call>::value,
                  "Call needs data(const bw::Frame&), or step() if it answers by itself");

    static Instance<Provider>* instance(bw_provider* provider) {
        return reinterpret_cast<Instance<Provider>*>(provider);
    }
    static Call* object(bw_call* call) { return reinterpret_cast<Call*>(call); }

    static bw_status create(const bw_host_api* api, bw_host* host, bw_str config, bw_provider** out,
                            bw_error* error) noexcept {
        return guarded(error, "create", [&] {
            const std::string_view text = to_view(config);
            if (!json::valid(text) || json::Value(text).kind() != json::Kind::object) {
                throw Error(BW_E_INVALID, "the config given to the plugin is not a JSON object");
            }
            auto made = std::make_unique<Instance<Provider>>(api, host, text);
            *out = reinterpret_cast<bw_provider*>(made.release());
        });
    }

    static void destroy(bw_provider* provider) noexcept { delete instance(provider); }

    static bw_status call_open(bw_provider* provider, bw_exchange* exchange,
                               const bw_request* request, bw_call** out, bw_error* error) noexcept {
        return guarded(error, "call_open", [&] {
            Instance<Provider>* const self = instance(provider);
            auto made = std::make_unique<Call>(self->provider, Request(*request),
                                               Exchange(self->context, exchange));
            *out = reinterpret_cast<bw_call*>(made.release());
        });
    }

    static bw_status call_head(bw_call* call, const bw_head* head, bw_error* error) noexcept {
        if constexpr (HasHead<Call>::value) {
            return guarded(error, "call_head", [&] { object(call)->head(Head(*head)); });
        }
        return BW_OK;
    }

    static bw_status call_data(bw_call* call, const bw_frame* frame, bw_error* error) noexcept {
        if constexpr (HasData<Call>::value) {
            return guarded(error, "call_data", [&] { object(call)->data(Frame(*frame)); });
        }
        return BW_OK;
    }

    static bw_status call_end(bw_call* call, bw_error* error) noexcept {
        if constexpr (HasEnd<Call>::value) {
            return guarded(error, "call_end", [&] { object(call)->end(); });
        }
        return BW_OK;
    }

    static void call_close(bw_call* call) noexcept { delete object(call); }

    static bw_status step(bw_call* call, std::int64_t* wait_ms, bw_error* error) noexcept {
        if constexpr (HasStep<Call>::value) {
            return guarded(error, "step", [&] {
                const std::optional<std::chrono::milliseconds> wait = object(call)->step();
                *wait_ms = wait ? (wait->count() < 0 ? 0 : wait->count()) : -1;
            });
        }
        return BW_E_UNSUPPORTED;
    }

    static const void* extension(const char* id) noexcept {
        static constexpr bw_generate_plugin generate = {sizeof(bw_generate_plugin), 0, &step};
        if (HasStep<Call>::value && std::strcmp(id, BW_EXT_GENERATE) == 0) return &generate;
        return nullptr;
    }
};

}  // namespace detail

// The table of a provider class: built at the first call, from then on constant. The three texts
// must live as long as the process. For several plugins in one binary, as tests have them; a plugin
// of its own uses BW_PROVIDER.
template <typename Provider>
const bw_plugin* plugin_table(const char* id, const char* version, const char* manifest) noexcept {
    using Thunks = detail::Thunks<Provider>;
    static const bw_plugin table = {sizeof(bw_plugin),
                                    BW_ABI_MINOR,
                                    0,
                                    0,
                                    id,
                                    version,
                                    manifest,
                                    &Thunks::create,
                                    &Thunks::destroy,
                                    &Thunks::call_open,
                                    &Thunks::call_head,
                                    &Thunks::call_data,
                                    &Thunks::call_end,
                                    &Thunks::call_close,
                                    &Thunks::extension};
    return &table;
}

}  // namespace bw

// Makes the file that it stands in a plugin: `id` and `version` are those of bw_plugin, `manifest`
// is its JSON.
#define BW_PROVIDER(Provider, id, version, manifest)                             \
    extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(std::uint32_t) noexcept { \
        return ::bw::plugin_table<Provider>(id, version, manifest);              \
    }
