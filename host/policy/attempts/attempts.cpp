#include "policy/attempts/attempts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/json.hpp>
#include <bit>
#include <utility>

#include "base/clock.hpp"
#include "json/request.hpp"
#include "json/writer.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "policy/cost/cost.hpp"
#include "policy/cost/cost_in_body.hpp"
#include "policy/estimate/tokens.hpp"
#include "policy/upstreams/upstream_id.hpp"

namespace bw::policy {

namespace {

constinit observe::Seldom broken_end_lines(std::chrono::minutes(1));

void tell_of_broken_end(const Call& call, std::string_view provider, const Error& error) {
    if (!broken_end_lines.may(Clock::now())) return;
    observe::warn(
        "call {}: provider \"{}\" failed after a complete answer, which stands: {}; more of these "
        "are told of once a minute",
        call.id, provider, error.for_operator());
}

Error past_its_hold() {
    return {.kind = ErrorKind::protocol,
            .message =
                "The provider generated far more than was held for this request, so that "
                "its answer was ended here: raise max_tokens or, where the request does not "
                "say, server.default_max_tokens.",
            .code = "answer_past_limit"};
}

Error no_answer(std::string_view provider) {
    return {.kind = ErrorKind::protocol,
            .message = fmt::format("{} ended its stream without an answer", provider),
            .code = "empty_reply"};
}

// With `echo` each choice begins with the prompt, which the model has not generated: it is taken
// off what was seen.
void leave_out_prompt(const Call& call, AnswerSeen& heard) {
    const std::string_view prompt =
        std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length);
    const std::int64_t times = std::min<std::int64_t>(call.choices_shown, heard.pieces);
    heard.seen = std::max<std::int64_t>(heard.seen - times * estimate_tokens(prompt), 0);
    heard.text_bytes = std::max<std::int64_t>(
        heard.text_bytes - times * static_cast<std::int64_t>(prompt.size()), 0);
}

}  // namespace

Attempts::Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
                   Reckoner& reckoner, Replies& replies)
    : engine_(engine), call_(call), targets_(targets), reckoner_(reckoner), replies_(replies) {}

void Attempts::start() {
    if (auto begun = begin(target()); !begun) failed(std::move(begun.error()));
}

Result<void> Attempts::begin(const route::Candidate& candidate) {
    plugin::ProviderSlot& slot = engine_.slots[candidate.provider];
    provider_ = slot.provider().name;
    model_ = candidate.model;
    upstream_id_.clear();
    heard_ = {};
    finished_ = 0;
    usage_reports_ = 0;
    reach_ = plugin::Reach::none;
    held_.clear();
    held_bytes_ = 0;
    first_chunk_.clear();
    usage_chunk_.clear();
    usage_sent_ = false;
    ++count_;
    attempt_started_ = Clock::now();
    if (!slot.provider().manifest.serves(call_.operation)) {
        return fail(ErrorKind::unsupported,
                    "provider \"" + provider_ + "\" does not serve " +
                        std::string(to_string(call_.operation)),
                    "unsupported_operation");
    }
    auto instance = slot.acquire();
    if (!instance) return std::unexpected(instance.error());
    body_ = json::upstream_body(call_, model_);
    TimeLimits limits = limits_of(slot.provider().timeouts, call_.stream);
    limits.deadline = call_.deadline;
    const plugin::Order order{.call = &call_,
                              .model = model_,
                              .body = body_.empty() ? std::string_view(call_.body) : body_,
                              .number = count_ - 1,
                              .deadline = time_left(limits, attempt_started_)};
    attempt_ = std::make_unique<plugin::Attempt>(std::move(*instance), order,
                                                 static_cast<plugin::AttemptEvents&>(*this));
    trip_.emplace(engine_.upstream_limits, candidate, tokens_at_sending(call_));
    if (auto started = attempt_->start(engine_.transport, engine_.loop); !started) return started;
    if (paused_) attempt_->pause();
    deadlines_.emplace(
        engine_.loop, limits, [this] { return progress(); },
        [this](Error error) { failed(std::move(error)); });
    deadlines_->start();
    return {};
}

void Attempts::pause() {
    paused_ = true;
    if (attempt_) attempt_->pause();
}

void Attempts::resume() {
    paused_ = false;
    if (attempt_) attempt_->resume();
}

Progress Attempts::progress() const {
    const config::Timeouts& timeouts = engine_.slots[target().provider].provider().timeouts;
    return {.started = attempt_started_,
            .last_alive = timeouts.alive == config::Alive::bytes ? attempt_->last_byte()
                                                                 : attempt_->last_payload(),
            .body_begun = attempt_->body_begun(),
            .paused = paused_};
}

void Attempts::on_head(std::span<const net::Header> headers) {
    upstream_id_ = upstream_id(headers);
    trip_->answered(headers);
}

void Attempts::on_piece(plugin::Piece piece, std::string_view json) {
    switch (piece) {
        case plugin::Piece::reply:
            commitment_ = Commitment::committed;
            see(json);
            return replies_.on_reply(json);
        case plugin::Piece::chunk: {
            if (first_chunk_.empty()) first_chunk_ = json;
            const bool content = see(json);
            if (reckoner_.is_past_hold(target(), heard_)) attempt_->stop(past_its_hold());
            return relay(json, content);
        }
        case plugin::Piece::usage:
            if (!gives_usage()) return;
            if (call_.cost_in_body != CostInBody::never) return void(usage_chunk_ = json);
            usage_sent_ = true;
            return relay(json, false);
    }
}

void Attempts::relay(std::string_view chunk, bool content) {
    held_bytes_ += chunk.size();
    switch (step_of_chunk(commitment_, content, held_bytes_)) {
        case ChunkStep::hold_back: return void(held_.emplace_back(chunk));
        case ChunkStep::commit: commit(); break;
        case ChunkStep::relay: break;
    }
    replies_.on_chunk(chunk);
}

// From here on the client gets this attempt's answer, and no other target is tried.
void Attempts::commit() {
    commitment_ = Commitment::committed;
    for (const std::string& chunk : std::exchange(held_, {})) replies_.on_chunk(chunk);
}

// Counts the generated text in a piece. True if the piece has content.
bool Attempts::see(std::string_view json) {
    const PieceSeen piece = look_at(json);
    finished_ |= piece.finished;
    if (piece.tokens == 0) return piece.content;
    heard_.thoughts = heard_.thoughts || piece.thoughts;
    heard_.seen += piece.tokens;
    heard_.text_bytes += piece.text_bytes;
    ++heard_.pieces;
    heard_.reported_last = attempt_->usage_reports() != usage_reports_;
    usage_reports_ = attempt_->usage_reports();
    return true;
}

AnswerSeen Attempts::heard() const {
    AnswerSeen heard = heard_;
    if (!attempt_) return heard;
    heard.reported = attempt_->usage();
    heard.body_bytes = attempt_->body_bytes();
    heard.reported_last |= attempt_->usage_reports() != usage_reports_;
    heard.last_word = all_finished();
    if (call_.echo) leave_out_prompt(call_, heard);
    return heard;
}

bool Attempts::all_finished() const {
    constexpr std::int64_t k_told_apart = 64;
    return std::popcount(finished_) >= std::min(count_choices_shown(call_), k_told_apart);
}

bool Attempts::waits_for_usage() const {
    if (!attempt_ || !call_.stream) return false;
    const AnswerSeen now = heard();
    return now.last_word && !now.reported_last;
}

// A stream that ends without an error, but has said nothing, not even a `finish_reason`, is no
// answer: the attempt has failed.
void Attempts::on_end(Result<void> result) {
    if (!result) return failed(std::move(result.error()));
    if (call_.stream && commitment_ == Commitment::none) return failed(no_answer(provider_));
    finish({});
}

void Attempts::failed(Error error) {
    // All that the client asked for has come, so an error at the end of the connection changes
    // nothing for it.
    if (call_.stream && attempt_ && heard_.pieces > 0 && all_finished()) {
        tell_of_broken_end(call_, provider_, error);
        return finish({});
    }
    if (attempt_) {
        heard_ = heard();
        reach_ = attempt_->reach();
    }
    if (trip_ && error.kind == ErrorKind::rate) {
        error.retry_after = trip_->refused(error.retry_after);
    }
    waited_ = waited();
    deadlines_.reset();
    attempt_.reset();
    trip_.reset();
    if (!error.detail.empty()) {
        observe::info("call {}: attempt {}: {}", call_.id, count_, error.detail);
    }
    const auto another = next(error);
    if (!another) return finish(std::unexpected(std::move(error)));
    at_ = *another;
    if (auto begun = begin(target()); !begun) failed(std::move(begun.error()));
}

// The target to try after this failure; nothing: none.
std::optional<std::size_t> Attempts::next(const Error& error) {
    const std::size_t next = next_with_room();
    const FailedTry failed{.commitment = commitment_,
                           .is_late = Clock::now() >= call_.deadline,
                           .asked_again = asked_again_,
                           .another_target = next != targets_.size()};
    switch (step_after_failure(failed, error.kind, error.code)) {
        case NextStep::give_up: return std::nullopt;
        case NextStep::same_target_again: asked_again_ = true; return at_;
        case NextStep::next_target: break;
    }
    observe::debug("call {}: attempt {} at provider \"{}\" failed, trying the next: {}", call_.id,
                   count_, provider_, error.message);
    failures_.push_back({.provider = provider_,
                         .model = model_,
                         .kind = error.kind,
                         .code = error.code,
                         .usage = reckon(std::unexpected(error)).usage,
                         .price = target().price});
    asked_again_ = false;
    return next;
}

// The index of the next target whose upstream may have room; targets_.size(): there is none.
std::size_t Attempts::next_with_room() const {
    const auto has_room = [this](const Prospect& one) {
        return engine_.upstream_limits.wait(one.target, tokens_at_sending(call_)).count() == 0;
    };
    const auto rest = targets_.begin() + static_cast<std::ptrdiff_t>(at_) + 1;
    return static_cast<std::size_t>(std::find_if(rest, targets_.end(), has_room) -
                                    targets_.begin());
}

void Attempts::finish(Result<void> result) {
    const CallEnd ended = outcome(std::move(result));
    if (ended.result) {
        reckoner_.learn(target(), heard());
    }
    if (trip_ && ended.result) trip_->served();
    waited_ = ended.waited;
    deadlines_.reset();
    attempt_.reset();
    trip_.reset();
    if (ended.result && call_.stream && gives_usage() && !usage_sent_) send_usage(ended);
    replies_.on_end(ended);
}

Reckoned Attempts::reckon(const Result<void>& result) const {
    const plugin::Reach reach = attempt_ ? attempt_->reach() : reach_;
    return reckoner_.at_end(target(), heard(), ending_of(result, reach));
}

CallEnd Attempts::outcome(Result<void> result) const {
    const Reckoned reckoned = reckon(result);
    return {.result = std::move(result),
            .usage = reckoned.usage,
            .doubt = reckoned.doubt,
            .provider = provider_,
            .model = model_,
            .upstream_id = upstream_id_,
            .attempts = count_,
            .waited = waited(),
            .failures = failures_,
            .cost_micro_usd = cost_of(reckoned.usage, target().price)};
}

std::chrono::nanoseconds Attempts::waited() const {
    return attempt_ ? waited_ + attempt_->waited() : waited_;
}

bool Attempts::gives_usage() const {
    return call_.usage_asked || call_.cost_in_body == CostInBody::asked;
}

void Attempts::send_usage(const CallEnd& ended) {
    std::string chunk =
        usage_chunk_.empty() ? make_usage_chunk(ended.usage) : std::move(usage_chunk_);
    if (call_.cost_in_body != CostInBody::never && ended.cost_micro_usd) {
        chunk = with_cost(chunk, ended.usage, *ended.cost_micro_usd);
    }
    replies_.on_chunk(chunk);
}

std::string Attempts::make_usage_chunk(const Usage& usage) const {
    const json::Value first(first_chunk_);
    json::Writer writer;
    writer.begin_object();
    for (const char* key : {"id", "object", "created", "model"}) {
        if (const auto value = first[key]) writer.key(key).raw(value.raw());
    }
    writer.key("choices").begin_array().end_array().key("usage").begin_object();
    writer.field("prompt_tokens", usage.input_tokens)
        .field("completion_tokens", usage.output_tokens);
    writer.field("total_tokens", usage.input_tokens + usage.output_tokens);
    writer.end_object().end_object();
    return std::string(writer.view());
}

}  // namespace bw::policy
