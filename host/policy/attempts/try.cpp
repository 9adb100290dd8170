#include "policy/attempts/try.hpp"

#include <algorithm>
#include <bit>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/clock.hpp"
#include "json/upstream_body.hpp"
#include "plugin/secret_texts.hpp"
#include "policy/cost/cost_in_body.hpp"
#include "policy/cost/usage_chunk.hpp"
#include "policy/estimate/body_changes.hpp"
#include "policy/estimate/messages_piece.hpp"
#include "policy/estimate/tokens.hpp"
#include "policy/upstreams/upstream_id.hpp"

namespace bellwether::policy {

namespace {

Error past_its_hold() {
    return {.kind = ErrorKind::protocol,
            .message =
                "The provider generated far more than was held for this request, so that "
                "its answer was ended here: raise max_tokens or, where the request does not "
                "say, server.default_max_tokens.",
            .code = std::string(k_answer_past_limit)};
}

// With `echo` each choice begins with the prompt, which the model has not generated: it is taken
// off what was seen.
void leave_out_prompt(const Call& call, const AskedInBody& asked, AnswerSeen& heard) {
    const std::string_view prompt = std::string_view(call.body).substr(
        call.asked.prompt_value.offset, call.asked.prompt_value.length);
    const std::int64_t times = std::min<std::int64_t>(asked.choices_shown, heard.pieces);
    heard.seen = std::max<std::int64_t>(heard.seen - times * estimate_tokens(prompt), 0);
    heard.text_bytes = std::max<std::int64_t>(
        heard.text_bytes - times * static_cast<std::int64_t>(prompt.size()), 0);
}

}  // namespace

Try::Try(AttemptServices engine, const Call& call, const route::Candidate& target,
         Reckoner& reckoner, TryEvents& events)
    : engine_(engine),
      call_(call),
      target_(target),
      reckoner_(reckoner),
      asked_(reckoner.asked(target)),
      events_(events),
      started_(Clock::now()) {}

Result<void> Try::start(unsigned number, bool paused) {
    plugin::ProviderSlot& slot = engine_.slots[target_.provider];
    const plugin::LoadedProvider& provider = slot.provider();
    if (!provider.manifest.serves(call_.operation)) {
        return fail(ErrorKind::unsupported,
                    "provider \"" + provider.name + "\" does not serve " +
                        std::string(to_string(call_.operation)),
                    "unsupported_operation");
    }
    auto taken = slot.acquire_for(call_.operation);
    if (!taken) return std::unexpected(taken.error());
    body_ = json::upstream_body(call_, target_.model, body_changes(target_));
    const config::Timeouts allowed = shortened(timeouts(), call_.limits);
    TimeLimits limits = limits_of(allowed, call_.stream);
    limits.deadline = call_.deadline;
    const plugin::Order order{.call = &call_,
                              .model = target_.model,
                              .body = body_.empty() ? std::string_view(call_.body) : body_,
                              .credential = target_.credential,
                              .number = number,
                              .connect_timeout = allowed.connect,
                              .deadline = time_left(limits, started_)};
    attempt_ = std::make_unique<plugin::Attempt>(std::move(taken->instance), order,
                                                 static_cast<plugin::AttemptEvents&>(*this));
    trip_.emplace(engine_.upstreams.limits, target_, tokens_at_sending(call_, asked_));
    watch_.emplace(engine_.upstreams.targets, target_.id,
                   call_.stream ? route::AnswerForm::stream : route::AnswerForm::plain,
                   taken->count);
    if (auto started = attempt_->start(engine_.transport, engine_.desk, engine_.loop); !started)
        return started;
    if (paused) attempt_->pause();
    deadlines_.emplace(
        engine_.loop, limits, [this] { return progress(); },
        [this](Error error) { events_.on_end(std::unexpected(std::move(error))); });
    deadlines_->start();
    return {};
}

void Try::pause() {
    if (attempt_) attempt_->pause();
}

void Try::resume() {
    if (attempt_) attempt_->resume();
}

const config::Timeouts& Try::timeouts() const {
    const config::Target* const target = target_.target;
    return target != nullptr ? target->timeouts
                             : engine_.slots[target_.provider].provider().timeouts;
}

// The body of a refusal is not waited for by these limits: the attempt itself does not wait long.
Progress Try::progress() const {
    const bool refused = attempt_->ends_soon();
    return {.started = started_,
            .last_alive = timeouts().alive == config::Alive::bytes ? attempt_->last_byte()
                                                                   : attempt_->last_payload(),
            .asked = attempt_->asked(),
            .body_begun = attempt_->body_begun() || refused,
            .paused = attempt_->is_paused() || refused};
}

void Try::on_head(std::span<const net::Header> headers) {
    const auto& provider = engine_.slots[target_.provider].provider();
    upstream_id_ = policy::upstream_id(headers, [&provider](std::string_view text) {
        return plugin::holds_credential(text, provider);
    });
    trip_->answered();
    watch_->answered();
}

void Try::on_piece(plugin::Piece piece, std::string_view data) {
    switch (piece) {
        case plugin::Piece::reply:
            see(data, attempt_->usage_reports() != usage_reports_);
            return void(reply_ = data);
        case plugin::Piece::chunk: {
            if (first_chunk_.empty()) first_chunk_ = data;
            const bool content = see(data, attempt_->reported_with_piece());
            if (reckoner_.is_past_hold(target_, heard_)) attempt_->stop(past_its_hold());
            return relay(data, content);
        }
        case plugin::Piece::usage:
            if (!gives_usage()) return;
            if (call_.cost_in_body != CostInBody::never) return void(usage_chunk_ = data);
            usage_sent_ = true;
            return relay(data, false);
        case plugin::Piece::bytes:
            if (commitment_ != Commitment::committed) commit();
            return events_.on_bytes(attempt_->content_type(), data);
    }
}

// A whole reply is nobody's until its attempt has ended well: what fails after it is tried
// elsewhere, as the client has seen nothing.
void Try::on_end(Result<void> result) {
    if (result && reply_) {
        commit();
        events_.on_reply(*std::exchange(reply_, {}));
    }
    events_.on_end(std::move(result));
}

void Try::commit() {
    commitment_ = Commitment::committed;
    watch_->content();
    events_.on_commit();
}

void Try::relay(std::string_view chunk, bool content) {
    held_bytes_ += chunk.size();
    switch (step_of_chunk(commitment_, content, held_bytes_)) {
        case ChunkStep::hold_back: return void(held_.emplace_back(chunk));
        case ChunkStep::commit:
            commit();
            for (const std::string& held : std::exchange(held_, {})) events_.on_chunk(held);
            break;
        case ChunkStep::relay: break;
    }
    events_.on_chunk(chunk);
}

// Counts the generated text in a piece. `reported`: the provider has told a figure with the piece;
// one that it told before says nothing of the piece. True if the piece has content.
bool Try::see(std::string_view json, bool reported) {
    const bool of_openai = facts_of(call_.operation).dialect == Dialect::openai;
    const PieceSeen piece = of_openai ? look_at(json) : look_at_messages_piece(json);
    finished_ |= piece.finished;
    if (piece.tokens == 0) return piece.content;
    heard_.thoughts = heard_.thoughts || piece.thoughts;
    heard_.seen += piece.tokens;
    heard_.text_bytes += piece.text_bytes;
    ++heard_.pieces;
    heard_.reported_last = reported;
    usage_reports_ = attempt_->usage_reports();
    return true;
}

AnswerSeen Try::heard() const {
    AnswerSeen heard = heard_;
    if (!attempt_) return heard;
    heard.reported = attempt_->usage();
    heard.body_bytes = attempt_->body_bytes();
    heard.reported_last |= attempt_->usage_reports() != usage_reports_;
    heard.last_word = all_finished();
    if (asked_.echo) leave_out_prompt(call_, asked_, heard);
    return heard;
}

bool Try::all_finished() const {
    constexpr std::int64_t k_told_apart = 64;
    return std::popcount(finished_) >= std::min(count_choices_shown(asked_), k_told_apart);
}

bool Try::waits_for_usage() const {
    if (!attempt_ || !call_.stream) return false;
    const AnswerSeen now = heard();
    return now.last_word && !now.reported_last;
}

Reckoned Try::reckon(const Result<void>& result) const {
    return reckoner_.at_end(target_, heard(), ending_of(result, reach()));
}

void Try::close_lost(Result<void>& result) {
    if (watch_) watch_->lost();
    std::unique_ptr<plugin::Attempt> attempt = leave(result, Evidence::known);
    if (!attempt) return;
    attempt->cut();
    boost::asio::post(engine_.loop,
                      [attempt = std::move(attempt)] { attempt->close(BW_CLOSE_LOST); });
}

void Try::close(Result<void>& result, Evidence evidence) {
    const bool timed_out = !result && result.error().kind == ErrorKind::timeout;
    end_call(timed_out ? std::uint32_t{BW_CLOSE_TIMEOUT} : std::uint32_t{BW_CLOSE_FAILED});
    leave(result, evidence);
}

void Try::end_call(std::uint32_t why) {
    if (attempt_) attempt_->close(why);
}

// Keeps what is known of the try. Gives its attempt, which ends when that is dropped.
std::unique_ptr<plugin::Attempt> Try::leave(Result<void>& result, Evidence evidence) {
    heard_ = heard();
    reach_ = reach();
    waited_ = waited();
    if (attempt_) notes_ = attempt_->notes();
    if (!result && result.error().kind == ErrorKind::timeout) {
        result.error().by_client = is_clients_limit(result.error().code, timeouts(), call_.limits);
    }
    if (trip_ && result) trip_->served();
    if (trip_ && !result && result.error().kind == ErrorKind::rate) {
        result.error().retry_after = trip_->refused(result.error().retry_after);
    }
    if (watch_) watch_->end(result, evidence);
    tell_of_credential(result);
    deadlines_.reset();
    trip_.reset();
    watch_.reset();
    return std::move(attempt_);
}

void Try::tell_of_credential(const Result<void>& result) {
    if (!trip_) return;
    Credentials& credentials = engine_.upstreams.credentials;
    if (result) return credentials.accepted(target_, started_);
    const ErrorKind kind = result.error().kind;
    if (kind == ErrorKind::auth || kind == ErrorKind::quota) {
        credentials.refused(target_, started_, kind);
    }
}

bool Try::gives_usage() const {
    if (facts_of(call_.operation).dialect != Dialect::openai) return false;
    return call_.asked.usage || call_.cost_in_body == CostInBody::asked;
}

void Try::send_usage(const Usage& usage, std::optional<std::int64_t> cost_micro_usd) {
    if (!call_.stream || !gives_usage() || usage_sent_) return;
    std::string chunk =
        usage_chunk_.empty() ? make_usage_chunk(first_chunk_, usage) : std::move(usage_chunk_);
    if (call_.cost_in_body != CostInBody::never && cost_micro_usd) {
        chunk = with_cost(chunk, usage, *cost_micro_usd);
    }
    events_.on_chunk(chunk);
}

}  // namespace bellwether::policy
