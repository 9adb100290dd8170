// One attempt to answer a request, as the provider works on it. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/host.hpp>
#include <bellwether/provider/request.hpp>
#include <bellwether/provider/send.hpp>
#include <bellwether/provider/usage.hpp>
#include <bellwether/version.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bw::v1 {

// Whether there is more to come of a reply: what Call::data may return.
enum class Progress { more, complete };

// What Call::step returns: whether the reply is complete, and if not, when to ask again.
class Step {
  public:
    static Step complete() { return Step(k_complete); }
    // Not before Host::wake or Attempt::wake says so.
    static Step when_woken() { return Step(0); }
    // After so long, or when woken; at least a millisecond.
    static Step after(std::chrono::milliseconds wait) {
        return Step(wait.count() < 1 ? 1 : wait.count());
    }

    bool is_complete() const { return wait_ms_ == k_complete; }
    std::int64_t wait_ms() const { return wait_ms_; }

  private:
    static constexpr std::int64_t k_complete = -1;
    explicit Step(std::int64_t wait_ms) : wait_ms_(wait_ms) {}

    std::int64_t wait_ms_;
};

// One of the upstream's models.
struct ModelFacts {
    std::string_view id;
    std::string_view owned_by = {};
    std::int64_t context_tokens = 0;  // 0: not said, as is each of the next
    std::int64_t output_tokens_max = 0;
    std::int64_t created_unix_s = 0;
    std::string_view details = {};  // one JSON object of the upstream's own facts
};

// One of the upstream's own limits, as it told it. "requests", "tokens", "input_tokens",
// "output_tokens".
struct Limit {
    std::string_view name;
    std::int64_t limit = 0;  // in each of its windows
    std::int64_t remaining = 0;
    std::chrono::milliseconds reset{0};  // from now until the window is full again
};

// One attempt, as the host sees it. A handle: copy it into the Call and use it for as long as that
// lives. What the host refuses is thrown on, past the plugin's code.
class Attempt {
  public:
    Attempt(const Host& host, bw_attempt* attempt) : host_(&host), attempt_(attempt) {}

    // In the constructor of Call, and at most once in each end(): asks the upstream.
    void send(const Send& request) const { obey(api().send(attempt_, &request.raw())); }
    // In head(): how the body of this answer is cut.
    void frame(Frame::Kind kind) const { obey(api().frame(attempt_, kind)); }
    // In the constructor of Call only, in place of send: Call::step makes the answer. Gives the
    // ticket by which Host::wake asks for a step, from any thread.
    bw_ticket generate() const {
        const bw_engine_host* const engine = host_->engine();
        if (engine == nullptr) {
            throw Error(BW_E_UNSUPPORTED, "this host cannot run a provider that answers by itself");
        }
        const bw_ticket ticket = engine->begin(attempt_);
        if (ticket == 0) throw detail::Refused{BW_E_INTERNAL};
        return ticket;
    }

    // Not streaming: the complete reply, exactly once.
    void emit_reply(std::string_view json) const { emit(BW_EMIT_REPLY, json); }
    // Streaming: one chunk.
    void emit_chunk(std::string_view json) const { emit(BW_EMIT_CHUNK, json); }
    // Streaming: the closing chunk with `"choices":[]` and `usage`. Optional: usage() will do.
    void emit_usage_chunk(std::string_view json) const { emit(BW_EMIT_USAGE, json); }
    // Streaming, of an operation whose stream has named events: one event.
    void emit_event(std::string_view event, std::string_view json) const {
        emit(BW_EMIT_CHUNK, json, event);
    }
    // The next bytes of a reply that is not JSON. The first ones say what it is: "audio/mpeg".
    void emit_bytes(std::string_view bytes, std::string_view content_type = {}) const {
        emit(BW_EMIT_BYTES, bytes, {}, content_type);
    }
    // The limits that the upstream has told, for the next requests of all workers.
    void limits(const std::vector<Limit>& limits) const {
        std::vector<bw_limit> each;
        for (const Limit& one : limits) {
            each.push_back({detail::to_str(one.name), one.limit, one.remaining, one.reset.count()});
        }
        bw_limits out = detail::sized<bw_limits>();
        out.limits = each.data();
        out.count = each.size();
        obey(api().limits(attempt_, &out));
    }
    // Something worth to be seen in the trace of the call, named as OpenTelemetry names it.
    void attribute(std::string_view name, std::string_view text) const {
        bw_attribute out = detail::sized<bw_attribute>();
        out.type = BW_TEXT;
        out.name = detail::to_str(name);
        out.text = detail::to_str(text);
        obey(api().attribute(attempt_, &out));
    }
    void attribute(std::string_view name, std::int64_t integer) const {
        bw_attribute out = detail::sized<bw_attribute>();
        out.type = BW_INTEGER;
        out.name = detail::to_str(name);
        out.integer = integer;
        obey(api().attribute(attempt_, &out));
    }
    // What the call has used so far, all of it.
    void usage(const Usage& usage) const {
        detail::with_usage(usage,
                           [this](const bw_usage& out) { obey(api().usage(attempt_, &out)); });
    }
    // For Operation::models, in place of emitting: one of the upstream's models.
    void add_model(const ModelFacts& model) const {
        const bw_models_host* const models = host_->models();
        if (models == nullptr)
            throw Error(BW_E_UNSUPPORTED, "this host asks for no list of models");
        bw_model out = detail::sized<bw_model>();
        out.id = detail::to_str(model.id);
        out.owned_by = detail::to_str(model.owned_by);
        out.context_tokens = model.context_tokens;
        out.output_tokens_max = model.output_tokens_max;
        out.created_unix_s = model.created_unix_s;
        out.details = detail::to_str(model.details);
        obey(models->add(attempt_, &out));
    }
    // Before the first emit: a header of the reply; dropped if the manifest does not list it.
    void reply_header(std::string_view name, std::string_view value) const {
        const bw_header header = {detail::to_str(name), detail::to_str(value)};
        obey(api().reply_header(attempt_, &header));
    }
    // Writes one line to the host's log, with the id of the call; never a credential or a prompt.
    void log(LogLevel level, std::string_view message) const {
        host_->log_for(attempt_, level, message);
    }

    // The ABI's own, for what this class has not got.
    const bw_host_api& api() const { return host_->api(); }
    bw_attempt* handle() const { return attempt_; }

  private:
    static void obey(bw_status status) { detail::obey(status); }
    void emit(std::uint32_t kind, std::string_view data, std::string_view event = {},
              std::string_view content_type = {}) const {
        bw_emit out = detail::sized<bw_emit>();
        out.kind = kind;
        out.data = detail::to_str(data);
        out.event = detail::to_str(event);
        out.content_type = detail::to_str(content_type);
        obey(api().emit(attempt_, &out));
    }

    const Host* host_;
    bw_attempt* attempt_;
};

}  // namespace bw::v1
