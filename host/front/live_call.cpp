#include "front/live_call.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "config/key_form.hpp"
#include "front/call_headers.hpp"
#include "front/client_key.hpp"
#include "front/shadow_calls.hpp"
#include "front/time_allowed.hpp"
#include "json/request.hpp"
#include "json/value.hpp"
#include "policy/cost/cost_in_body.hpp"
#include "policy/record/call_record.hpp"
#include "policy/record/tried_text.hpp"

namespace bellwether::front {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// How long a call without client waits for an upstream that has only to report its usage.
constexpr milliseconds k_usage_wait{3'000};

constexpr std::string_view k_client_closed = "client_closed";

}  // namespace

LiveCall::LiveCall(Context& context, Downstream& downstream, Call call, const config::Key* caller,
                   std::string client)
    : context_(context),
      downstream_(&downstream),
      call_(std::move(call)),
      caller_(caller),
      meter_(context.metrics, call_.started),
      client_(std::move(client)) {
    const bool all = context.host.config.server.cost_in_body;
    if (all && call_.cost_in_body == CostInBody::never) call_.cost_in_body = CostInBody::with_usage;
    const OperationFacts& asked = facts_of(call_.operation);
    const bool has_usage = asked.dialect == Dialect::openai && asked.answer != Delivery::bytes;
    if (!has_usage) call_.cost_in_body = CostInBody::never;
}

void LiveCall::start() {
    if (context_.refuses_calls()) return refuse(error_of(CutOff::host_ends));
    const auto allowed = time_allowed(call_.timeout, call_.started);
    if (!allowed) return refuse(allowed.error());
    call_.deadline = allowed->deadline;
    call_.limits = allowed->limits;
    if (auto read = json::read_request(call_); !read) return refuse(read.error());
    if (!config::may_use(caller_, call_.model)) {
        return refuse({.kind = ErrorKind::not_found}, no_access(*caller_, call_.model));
    }
    auto match = context_.host.routes.match(call_.model);
    if (!match) {
        return refuse({.kind = ErrorKind::not_found,
                       .message = context_.host.catalogue.not_found_message(call_.model, caller_),
                       .param = "model"});
    }
    route_ = match->route->model;
    on_disconnect_ =
        match->route->on_disconnect.value_or(context_.host.config.server.on_disconnect);
    const std::string_view model =
        match->aliases.empty() ? std::string_view(call_.model) : match->aliases.back();
    if (match->shadow && context_.shadow_calls != nullptr) {
        shadow_ = shadow_of(*match, model, context_.random());
    }
    admission_.emplace(context_.books, context_.engine, call_,
                       policy::Destination{.route = route_,
                                           .model = std::string(model),
                                           .candidates = std::move(match->candidates),
                                           .config = match->route,
                                           .random = context_.random()});
    admission_->ask(
        [this](const Result<void>& admitted) { admitted ? begin() : refuse(admitted.error()); });
}

void LiveCall::begin() {
    if (shadow_) context_.shadow_calls->copy(context_, call_, *std::exchange(shadow_, {}));
    gate_.emplace(*admission_, static_cast<policy::Replies&>(*this), [this] {
        attempts_->pause();
        admission_->when_durable([this](const Result<void>& durable) {
            durable ? open_gate() : give_up(durable.error());
        });
    });
    const auto silence_max = context_.host.config.server.heartbeat;
    if (call_.stream && silence_max.count() > 0) {
        heartbeat_.emplace(context_.engine.loop, silence_max, [this] { beat(); });
    }
    attempts_.emplace(context_.engine, call_, admission_->prospects(), admission_->reckoner(),
                      static_cast<policy::Replies&>(*gate_), admission_->leeway());
    attempts_->start();
}

void LiveCall::open_gate() {
    attempts_->resume();
    gate_->open();
}

void LiveCall::pause() {
    meter_.pause();
    attempts_->pause();
}

void LiveCall::resume() {
    meter_.resume();
    attempts_->resume();
}

// ---- what the policy delivers -----------------------------------------------------------------

void LiveCall::on_reply(std::string json) { reply_ = std::move(json); }

void LiveCall::on_chunk(std::string_view json) {
    const auto now = Clock::now();
    begun(now);
    if (reader_ == Reader::waiting) begin_stream(headers());
    meter_.chunk(now);
    if (heartbeat_) heartbeat_->wrote(now);
    bytes_out_ += json.size();
    event(json);
}

void LiveCall::on_bytes(std::string_view type, std::string_view bytes) {
    begun(Clock::now());
    if (reader_ == Reader::waiting) {
        reader_ = Reader::bytes;
        downstream_->begin_bytes(type, headers());
    }
    bytes_out_ += bytes.size();
    downstream_->bytes(bytes);
}

void LiveCall::begun(steady_clock::time_point now) {
    if (first_byte_ != steady_clock::time_point{}) return;
    first_byte_ = now;
    if (call_.stream) meter_.stream_begins(route_, attempts_->provider(), call_.model);
}

// In Anthropic's dialect an event's name is the type of its object.
void LiveCall::event(std::string_view json) {
    if (facts_of(call_.operation).dialect == Dialect::openai) return downstream_->event(json);
    downstream_->named_event(json::Value(json)["type"].string(), json);
}

void LiveCall::end_stream() {
    if (facts_of(call_.operation).dialect == Dialect::openai) return downstream_->end_stream();
    downstream_->end_body();
}

// A heartbeat carries no content, so another target can still be tried after it. That is why the
// head of a stream that begins with a heartbeat names no provider.
void LiveCall::beat() {
    if (!admission_->durable()) return;
    if (reader_ == Reader::waiting) begin_stream({});
    downstream_->comment();
}

void LiveCall::begin_stream(std::string_view extra_headers) {
    reader_ = Reader::streaming;
    downstream_->begin_stream(extra_headers);
}

void LiveCall::on_end(const policy::CallEnd& outcome) {
    if (!outcome.result) return end(outcome, error_reply(outcome.result.error()));
    if (call_.stream) {
        if (reader_ == Reader::waiting) begin_stream(headers());
        end_stream();
    } else if (reader_ == Reader::bytes) {
        downstream_->end_body();
    } else {
        first_byte_ = Clock::now();
        if (call_.cost_in_body != CostInBody::never && outcome.cost_micro_usd) {
            reply_ = policy::with_cost(reply_, outcome.usage, *outcome.cost_micro_usd);
        }
        bytes_out_ = reply_.size();
        downstream_->respond(200, headers() + cost_header(outcome.cost_micro_usd), reply_);
    }
    record(outcome, 200, {});
    downstream_->finished();
}

void LiveCall::abandoned() {
    if (attempts_) attempts_->end_calls(BW_CLOSE_CLIENT_GONE);
    record(outcome({.kind = ErrorKind::cancelled,
                    .message = "the client hung up",
                    .code = std::string(k_client_closed)}),
           499, k_client_closed);
}

// A call whose attempts have not begun is cancelled, and one that waits for its next try. If only
// the upstream's usage is still to come, the client has got its whole answer; then the call may go
// on for at least k_usage_wait.
config::OnDisconnect LiveCall::on_disconnect() const {
    if (!attempts_ || attempts_->is_between_tries()) return {};
    const bool has_end = !on_disconnect_.drains || on_disconnect_.longest.count() > 0;
    if (!has_end || !attempts_->waits_for_usage()) return on_disconnect_;
    return {.drains = true, .longest = std::max(on_disconnect_.longest, k_usage_wait)};
}

void LiveCall::go_on_without_client(Downstream& nobody) {
    downstream_ = &nobody;
    reader_ = Reader::gone;
    heartbeat_.reset();
    attempts_->leave_off();
    if (!gate_->keeps()) resume();
}

void LiveCall::interrupt(CutOff why) {
    if (attempts_) attempts_->end_calls(BW_CLOSE_SHUTDOWN);
    end(error_of(why));
}

void LiveCall::give_up(const Error& why) {
    if (attempts_) attempts_->end_calls(BW_CLOSE_FAILED);
    end(why);
}

// The call counts with what it has used so far, even if the client has got none of the answer.
void LiveCall::end(const Error& error) { end(outcome(error), error_reply(error)); }

policy::CallEnd LiveCall::outcome(Error error) const {
    if (gate_ && gate_->kept_end() != nullptr) {
        policy::CallEnd kept = *gate_->kept_end();
        kept.result = std::unexpected(std::move(error));
        return kept;
    }
    if (attempts_) return attempts_->outcome(std::unexpected(std::move(error)));
    return {.result = std::unexpected(std::move(error))};
}

// ---- errors ---------------------------------------------------------------------------------

void LiveCall::refuse(const Error& error) { refuse(error, error_reply(error)); }

void LiveCall::refuse(const Error& error, const ErrorReply& reply) {
    end(policy::CallEnd{.result = std::unexpected(error)}, reply);
}

// Before an answer has begun, an error is a response with its own status; afterwards it is the
// last event of a stream. Bytes can say nothing of an error: they must not look complete.
void LiveCall::end(const policy::CallEnd& outcome, const ErrorReply& error) {
    const ErrorReply reply = in_dialect(facts_of(call_.operation).dialect, error);
    const bool begun = reader_ == Reader::streaming || reader_ == Reader::bytes;
    record(outcome, begun ? 200 : reply.status, reply.code);
    if (reader_ == Reader::bytes) return downstream_->break_off();
    if (begun) {
        event(reply.body);
        end_stream();
    } else {
        downstream_->respond(reply.status, headers() + reply.headers, reply.body);
    }
    downstream_->finished();
}

std::string LiveCall::headers() const {
    std::string left = admission_ ? admission_->headers() : std::string();
    if (!attempts_) return left;
    const std::string tried = policy::tried_text(attempts_->failures());
    return std::move(left) + attempts_->reply_headers() +
           answering_headers({.provider = attempts_->provider(),
                              .model = attempts_->model(),
                              .attempts = attempts_->count(),
                              .generation = context_.generation,
                              .tried = tried,
                              .so_far = Clock::now() - call_.started,
                              .waited = attempts_->waited()});
}

// ---- the record -----------------------------------------------------------------------------

void LiveCall::record(const policy::CallEnd& outcome, int status, std::string_view error_code) {
    const bool gone = reader_ == Reader::gone;
    const policy::CallRecord record{.call = call_,
                                    .outcome = outcome,
                                    .client = client_,
                                    .route = route_,
                                    .status = gone ? 499 : status,
                                    .error_code = gone ? k_client_closed : error_code,
                                    .ended = Clock::now(),
                                    .first_byte = first_byte_,
                                    .bytes_out = bytes_out_,
                                    .generation = context_.generation};
    policy::count(record, context_.metrics);
    if (admission_) admission_->settle(record);
    if (!observe::access_enabled()) return;
    context_.access_log.add(policy::access_record(record, Clock::wall()));
}

}  // namespace bellwether::front
