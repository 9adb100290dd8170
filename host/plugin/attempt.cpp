#include "plugin/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/json.hpp>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "plugin/callback.hpp"
#include "plugin/correlation.hpp"
#include "plugin/net_error.hpp"
#include "plugin/usage.hpp"

namespace bw::plugin {
namespace {

using std::chrono::milliseconds;

// How long an upstream may take to end a response whose content is complete. A connection whose
// response has ended can be used again, but no client should wait long for that.
constexpr milliseconds k_end_grace{100};
// How long the body of a refusal is waited for. Its status and its head say the most already.
constexpr milliseconds k_refusal_body_wait{1'000};
constexpr milliseconds k_step_wait_max{std::chrono::hours(24)};

Reach reach_of(int status) {
    return status >= 200 && status < 300 ? Reach::answered : Reach::refused;
}

}  // namespace

Attempt::Attempt(std::shared_ptr<Instance> instance, const Order& order, AttemptEvents& events)
    : instance_(std::move(instance)),
      order_(order),
      events_(events),
      handle_{this},
      outgoing_(instance_->provider(), order.credential),
      framer_([this](std::uint32_t kind, std::string_view data, std::string_view event) {
          return frame(kind, data, event);
      }),
      body_(Clock::now()) {}

Attempt::~Attempt() { close(); }

Result<void> Attempt::start(net::Transport& transport, boost::asio::io_context& loop) {
    if (auto opened = open(); !opened) return opened;
    alarm_.emplace(loop);
    wait_.begin();
    reach_ = generating_ ? Reach::answered : Reach::sent;
    if (generating_) {
        schedule_step(milliseconds(0));
        return {};
    }
    outgoing_.forward(order_.call->forwarded);
    outgoing_.complete(order_.connect_timeout);
    set_correlation(outgoing_.request.headers, *order_.call);
    if (!own_body_.empty()) outgoing_.request.body = own_body_;
    exchange_ = transport.start(std::move(outgoing_.request), *this);
    return {};
}

Result<void> Attempt::open() {
    const bw_request request{
        .size = sizeof(bw_request),
        .operation = static_cast<std::uint32_t>(order_.call->operation),
        .flags = order_.call->stream ? static_cast<std::uint32_t>(BW_REQUEST_STREAM) : 0u,
        .attempt = order_.number,
        .deadline_ms = order_.deadline.count() > 0 ? order_.deadline.count() : -1,
        .id = str(order_.call->id),
        .model = str(order_.model),
        .body = str(order_.body)};
    bw_error error = new_error();
    phase_ = Phase::opening;
    const bw_status status =
        plugin::call(instance_->provider(), "call_open", instance_->table().call_open,
                     instance_->handle(), &handle_, &request, &call_, &error);
    phase_ = Phase::waiting;
    if (status != BW_OK) call_ = nullptr;
    auto judged = judge(status, error);
    if (const char* const broken = rules::check_opened(conduct()); judged && broken != nullptr) {
        misbehaved(broken);
        judged = judge(BW_OK, error);
    }
    if (!judged) close();
    return judged;
}

void Attempt::pause() {
    if (flow_ == Flow::open) flow_ = Flow::paused;
    if (exchange_) exchange_.pause();
}

void Attempt::resume() {
    if (flow_ == Flow::open) return;
    const Flow held = std::exchange(flow_, Flow::open);
    body_.on_resume(Clock::now());
    if (exchange_) exchange_.resume();
    if (held == Flow::step_held) schedule_step(milliseconds(0));
}

// ---- from the wire ----------------------------------------------------------------------------

void Attempt::on_head(int status, std::span<const net::Header> headers) {
    const UpstreamWait::Interruption working(wait_);
    reach_ = reach_of(status);
    body_.on_head(status, headers);
    events_.on_head(headers);
    std::vector<bw_header> fields;
    fields.reserve(headers.size());
    for (const auto& header : headers) fields.push_back({str(header.name), str(header.value)});
    const bw_head head{.size = sizeof(bw_head),
                       .http_status = static_cast<std::uint32_t>(status),
                       .headers = fields.data(),
                       .header_count = fields.size()};
    framer_.begin(outgoing_.frame(), status < 200 || status >= 300);
    bw_error error = new_error();
    const bw_status answer = plugin::call(instance_->provider(), "call_head",
                                          instance_->table().call_head, call_, &head, &error);
    if (auto judged = judge(answer, error); !judged) {
        if (reach_ == Reach::answered) reach_ = Reach::judged;
        return end(std::move(judged));
    }
    if (framer_.is_error_reply()) end_after(k_refusal_body_wait);
}

void Attempt::on_data(std::string_view bytes) {
    if (needs_no_more() || framer_.is_full()) return;
    body_.on_bytes(bytes, framer_.counts_bytes(), Clock::now());
    const UpstreamWait::Interruption working(wait_);
    if (framer_.feed(bytes)) {
        if (framer_.is_full()) end_after(milliseconds(0));
        return;
    }
    needs_no_more() ? end_after(k_end_grace) : end(std::unexpected(framing_error()));
}

// Why the framer stopped: the plugin failed at a frame, or a limit was passed.
Error Attempt::framing_error() {
    if (last_word_ && !*last_word_) return std::move(last_word_->error());
    return {.kind = ErrorKind::protocol,
            .message =
                fmt::format("provider \"{}\": {}", instance_->provider().name, framer_.problem()),
            .code = "upstream_too_large"};
}

void Attempt::on_end(std::optional<net::Failure> failure) {
    const UpstreamWait::Interruption working(wait_);
    if (!failure || needs_no_more()) {
        body_.on_end();
        return end(end_body());
    }
    if (failure->status >= 200 && reach_ == Reach::sent) reach_ = reach_of(failure->status);
    Error broken = to_error(*failure, instance_->provider().name);
    if (!says_enough(failure->kind)) return end(std::unexpected(std::move(broken)));
    auto ended = end_body();
    const bool lacks = !ended && ended.error().kind == ErrorKind::protocol;
    end(lacks ? std::unexpected(std::move(broken)) : std::move(ended));
}

// Whether the plugin can judge the answer although the exchange failed. An error reply says enough
// by its status. So may an answer whose connection broke: if it is one whole JSON text, or if the
// client wants no stream, as the plugin then knows whether an event is missing. Whether a stream is
// complete is decided elsewhere, from the chunks that the client has been sent.
bool Attempt::says_enough(net::FailureKind failure) const {
    if (framer_.is_error_reply()) return true;
    if (failure != net::FailureKind::cut) return false;
    return framer_.is_whole() ? framer_.holds_json() : body_.any_frame() && !order_.call->stream;
}

Result<void> Attempt::end_body() {
    if (!needs_no_more() && !framer_.finish() && !needs_no_more()) {
        return std::unexpected(framing_error());
    }
    bw_error error = new_error();
    phase_ = Phase::emitting;
    const bw_status status =
        plugin::call(instance_->provider(), "call_end", instance_->table().call_end, call_, &error);
    phase_ = Phase::waiting;
    auto judged = judge(status, error);
    if (!judged) judge_answer(judged.error().kind != ErrorKind::protocol || !body_.any_frame());
    return judged ? finish_reply() : judged;
}

// Notes that the plugin has refused the answer. `for_good`: because of what the answer says, not
// because a part of it is missing.
void Attempt::judge_answer(bool for_good) {
    if (reach_ == Reach::answered && for_good && !stopped_ && !body_.may_be_cut()) {
        reach_ = Reach::judged;
    }
}

bool Attempt::frame(std::uint32_t kind, std::string_view data, std::string_view event) {
    body_.on_frame();
    reports_before_event_ = usage_reports_;
    const bw_frame frame{
        .size = sizeof(bw_frame), .kind = kind, .data = str(data), .event = str(event)};
    bw_error error = new_error();
    phase_ = Phase::emitting;
    const bw_status status = plugin::call(instance_->provider(), "call_data",
                                          instance_->table().call_data, call_, &frame, &error);
    phase_ = Phase::waiting;
    auto judged = judge(status == BW_COMPLETE ? BW_OK : status, error);
    if (!judged) judge_answer(true);
    if (!judged || status == BW_COMPLETE) last_word_ = std::move(judged);
    return !last_word_;
}

// Ends the answer's body, if its upstream has not ended it by then.
void Attempt::end_after(milliseconds wait) {
    alarm_->set(Clock::now() + wait, [this] { on_end(std::nullopt); });
}

Result<void> Attempt::finish_reply() {
    if (replied_) return {};
    return fail(
        ErrorKind::protocol,
        fmt::format("provider \"{}\" ended its answer without a reply", instance_->provider().name),
        "empty_reply");
}

// ---- from a plugin that answers by itself -------------------------------------------------------

void Attempt::schedule_step(milliseconds wait) {
    alarm_->set(Clock::now() + wait, [this] { step(); });
}

void Attempt::step() {
    if (flow_ != Flow::open) {
        flow_ = Flow::step_held;
        return;
    }
    const UpstreamWait::Interruption working(wait_);
    body_.on_step(Clock::now());
    reports_before_event_ = usage_reports_;
    std::int64_t wait_ms = -1;
    bw_error error = new_error();
    phase_ = Phase::emitting;
    const bw_status status = plugin::call(instance_->provider(), "step",
                                          instance_->generate()->step, call_, &wait_ms, &error);
    phase_ = Phase::waiting;
    auto judged = judge(status, error);
    if (!judged) return end(std::move(judged));
    if (wait_ms < 0) return end(finish_reply());
    schedule_step(std::min(milliseconds(wait_ms), k_step_wait_max));
}

// ---- the host's half of the ABI -----------------------------------------------------------------

rules::Conduct Attempt::conduct() const {
    return {.phase = phase_,
            .sent = outgoing_.sent(),
            .generating = generating_,
            .stream = order_.call->stream,
            .replied = replied_};
}

void Attempt::send(std::string_view method, std::string_view url, std::uint32_t frame) {
    if (phase_ != Phase::opening) return misbehaved("send outside call_open");
    if (generating_) return misbehaved("send called twice");
    obey(outgoing_.send(method, url, frame));
}

void Attempt::send_header(std::string_view name, std::string_view value) {
    if (phase_ != Phase::opening) return misbehaved("send_header before send");
    obey(outgoing_.header(name, value));
}

void Attempt::send_secret(std::string_view name, std::string_view prefix, std::string_view secret) {
    if (phase_ != Phase::opening) return misbehaved("send_header before send");
    obey(outgoing_.secret(name, prefix, secret));
}

void Attempt::send_body(std::string_view bytes) {
    if (const char* const broken = rules::check_body(conduct())) return misbehaved(broken);
    const bool borrowed = bytes.data() >= order_.body.data() &&
                          bytes.data() + bytes.size() <= order_.body.data() + order_.body.size();
    if (borrowed && outgoing_.request.body.empty() && own_body_.empty()) {
        outgoing_.request.body = bytes;
        return;
    }
    if (own_body_.empty()) own_body_ = outgoing_.request.body;
    own_body_.append(bytes);
}

void Attempt::begin_generating() {
    const bool has_step = instance_->generate() != nullptr;
    if (const char* const broken = rules::check_begin(conduct(), has_step)) {
        return misbehaved(broken);
    }
    generating_ = true;
}

void Attempt::emit(std::uint32_t kind, std::string_view json) {
    if (!misbehaviour_.empty()) return;  // the call ends as soon as the plugin returns
    if (const char* const broken = rules::check_emit(conduct(), kind, json)) {
        return misbehaved(broken);
    }
    replied_ |= kind != BW_EMIT_USAGE;
    if (usage_reports_ == 0 && kind != BW_EMIT_CHUNK) take_usage(usage_in(json));
    events_.on_piece(static_cast<Piece>(kind), json);
}

void Attempt::emit_usage(const bw_usage& usage) {
    if (const char* const broken = rules::check_usage(conduct())) return misbehaved(broken);
    take_usage(usage_of(usage));
}

void Attempt::take_usage(const Usage& told) {
    const bool says_sum = told.output_tokens < 0 && told.total_tokens > 0;
    if (says_sum ? told.total_tokens >= usage_.total_tokens
                 : told.output_tokens >= 0 && told.output_tokens >= usage_.output_tokens) {
        ++usage_reports_;
    }
    keep_larger(usage_, told);
}

// ---- endings --------------------------------------------------------------------------------

void Attempt::obey(const char* broken_rule) {
    if (broken_rule != nullptr) misbehaved(broken_rule);
}

void Attempt::misbehaved(std::string_view rule) {
    if (misbehaviour_.empty()) misbehaviour_ = rule;
}

Result<void> Attempt::judge(bw_status status, const bw_error& error) {
    const std::string& provider = instance_->provider().name;
    if (!misbehaviour_.empty()) {
        instance_->poison();
        observe::error("plugin misbehaved: provider \"{}\": {}", provider, misbehaviour_);
        return fail(ErrorKind::internal,
                    fmt::format("plugin misbehaved: provider \"{}\": {}", provider, misbehaviour_),
                    "plugin_error");
    }
    if (stopped_) return std::unexpected(*stopped_);
    if (status == BW_OK) return {};
    Error failed = to_error(status, error, instance_->provider());
    const bool lacks_memory = failed.kind == ErrorKind::unavailable;
    if (status == BW_E_INTERNAL && !lacks_memory) {
        instance_->poison();
        observe::error("plugin fault: provider \"{}\": {}", provider, failed.for_operator());
        failed.message = fmt::format("provider \"{}\": {}", provider, failed.message);
        failed.code = "plugin_error";
        failed.detail.clear();  // it has been logged
    }
    return std::unexpected(std::move(failed));
}

void Attempt::end(Result<void> result) {
    close();
    events_.on_end(std::move(result));
}

void Attempt::cut() {
    reach_ = reach();
    exchange_.reset();
    alarm_.reset();
}

void Attempt::close() {
    cut();
    if (call_ == nullptr) return;
    plugin::call(instance_->provider(), "call_close", instance_->table().call_close, call_);
    call_ = nullptr;
}

}  // namespace bw::plugin
