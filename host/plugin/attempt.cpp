#include "plugin/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "json/value.hpp"
#include "observe/log.hpp"
#include "plugin/callback.hpp"
#include "plugin/isolated/proxy.hpp"
#include "plugin/net_error.hpp"
#include "plugin/request_headers.hpp"
#include "plugin/usage.hpp"

namespace bellwether::plugin {
namespace {

using std::chrono::milliseconds;

// How long an upstream may take to end a response whose content is complete. A connection whose
// response has ended can be used again, but no client should wait long for that.
constexpr milliseconds k_end_grace{100};
// How long the body of a refusal is waited for. Its status and its head say the most already.
constexpr milliseconds k_refusal_body_wait{1'000};
constexpr milliseconds k_step_wait_max{std::chrono::hours(24)};
// A list with as many pages, or a task that is asked for as often, has no end.
constexpr std::uint32_t k_exchanges_max = 10'000;

Error endless(std::string_view provider) {
    return {
        .kind = ErrorKind::protocol,
        .message = fmt::format("provider \"{}\" did not come to an end in {} exchanges with its "
                               "upstream",
                               provider, k_exchanges_max),
        .code = "too_many_exchanges"};
}

Reach reach_of(int status) {
    return status >= 200 && status < 300 ? Reach::answered : Reach::refused;
}

}  // namespace

Attempt::Attempt(std::shared_ptr<Instance> instance, const Order& order, AttemptEvents& events)
    : instance_(std::move(instance)),
      order_(order),
      operation_(order.lists_models ? static_cast<std::uint32_t>(BW_OP_MODELS)
                                    : static_cast<std::uint32_t>(order.call->operation)),
      stream_(order.call->stream),
      id_(order.call->id),
      events_(events),
      handle_{this},
      framer_(FrameSink([this](const Frame& frame) { return deliver(frame); })),
      body_(Clock::now()) {}

Attempt::~Attempt() { close(BW_CLOSE_CLIENT_GONE); }

// Calls a function of the plugin, which may then do what the phase allows.
template <typename Function, typename... Arguments>
bw_status Attempt::call(Phase phase, const char* name, Function function, Arguments... arguments) {
    phase_ = phase;
    sent_ = false;
    told_.reset();
    const bw_status status = plugin::call(instance_->provider(), name, function, arguments...);
    phase_ = Phase::waiting;
    return status;
}

Result<void> Attempt::start(net::Transport& transport, credentials::TokenDesk& desk,
                            boost::asio::io_context& loop) {
    transport_ = &transport;
    desk_ = &desk;
    loop_ = &loop;
    if (auto opened = open(); !opened) return opened;
    if (instance_->provider().library->keepers() != nullptr) watch_process();
    wait_.begin();
    if (ticket_) {
        reach_ = Reach::answered;
        schedule_step(milliseconds(0));
    } else if (outgoing_) {
        begin_exchange();
    } else {  // the reply is complete
        reach_ = Reach::answered;
        ring_at(Clock::now(), [this] { end(finish_reply()); });
    }
    return {};
}

Result<void> Attempt::open() {
    bw_request request{};
    request.size = sizeof(bw_request);
    request.operation = conduct().operation;
    if (stream_) request.flags |= BW_REQUEST_STREAM;
    request.attempt = order_.number;
    request.deadline_ms = order_.deadline.count();
    request.id = str(id_);
    request.model = str(order_.model);
    request.body = str(order_.body);
    const RequestHeaders headers(*order_.call, instance_->provider());
    headers.put_into(request);
    const bw_status status = call(Phase::opening, "call_open", instance_->table().call_open,
                                  instance_->handle(), &handle_, &request, &call_);
    const bool good = status == BW_OK || status == BW_COMPLETE;
    if (!good) call_ = nullptr;
    phase_ = Phase::opening;
    // Where a send was refused and the plugin went on all the same, the refusal is what holds.
    if (good && !refused_) {
        take(bw::rules::check_opened(conduct(), status == BW_COMPLETE, call_ != nullptr));
    }
    phase_ = Phase::waiting;
    auto judged = judge(status);
    if (!judged) close(BW_CLOSE_FAILED);
    return judged;
}

// The end of an isolated plugin's process ends its calls at once, whatever they wait for.
void Attempt::watch_process() {
    watch_.emplace(*loop_, [this] {
        const std::string why = isolated::end_of_process(call_);
        bw_error lost{};
        lost.status = BW_E_INTERNAL;
        lost.message = str(why);
        told_ = to_error(lost, instance_->provider());
        end(judge(lost.status));
    });
    isolated::watch(call_, watch_->number());
}

// An attempt whose answer is whole needs no alarm.
void Attempt::ring_at(std::chrono::steady_clock::time_point when, std::function<void()> ring) {
    if (!alarm_) alarm_.emplace(*loop_);
    alarm_->set(when, std::move(ring));
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
    tell_of_refusal(status);
    body_.on_head(status, headers);
    events_.on_head(headers);
    std::vector<bw_header> fields;
    fields.reserve(headers.size());
    for (const auto& header : headers) fields.push_back({str(header.name), str(header.value)});
    const bool refused = status < 200 || status >= 300;
    frame_ = refused ? static_cast<std::uint32_t>(BW_FRAME_WHOLE) : outgoing_->frame();
    frame_chosen_ = false;
    bw_head head{};
    head.size = sizeof(bw_head);
    head.http_status = static_cast<std::uint32_t>(status);
    head.exchange = exchanges_;
    head.headers = fields.data();
    head.header_count = fields.size();
    const bw_status answer =
        call(Phase::heading, "call_head", instance_->table().call_head, call_, &head);
    if (auto judged = judge(answer); !judged) {
        if (reach_ == Reach::answered) reach_ = Reach::judged;
        return end(std::move(judged));
    }
    framer_.begin(frame_, refused && !frame_chosen_);
    if (answer == BW_COMPLETE) {
        last_word_.emplace();
        return end_after(k_end_grace);
    }
    if (framer_.is_error_reply()) end_after(k_refusal_body_wait);
}

void Attempt::on_data(std::string_view bytes) {
    if (needs_no_more() || framer_.is_full()) return;
    const auto now = Clock::now();
    body_.on_bytes(bytes, framer_.counts_bytes(), now);
    const UpstreamWait::Interruption working(wait_, now);
    if (framer_.feed(bytes)) {
        if (framer_.is_full()) end_after(milliseconds(0));
        return;
    }
    needs_no_more() ? end_after(k_end_grace) : end(std::unexpected(framing_error()));
}

// Why the framer stopped: the plugin failed at a frame, or the body cannot be cut.
Error Attempt::framing_error() {
    if (last_word_ && !*last_word_) return std::move(last_word_->error());
    return {.kind = ErrorKind::protocol,
            .message =
                fmt::format("provider \"{}\": {}", instance_->provider().name, framer_.problem()),
            .code = framer_.too_large() ? "upstream_too_large" : "upstream_protocol_error"};
}

void Attempt::on_end(std::optional<net::Failure> failure) {
    const UpstreamWait::Interruption working(wait_);
    if (!failure || needs_no_more()) {
        body_.on_end();
        if (auto ended = end_body()) end(*std::move(ended));
        return;
    }
    if (failure->status >= 200 && reach_ == Reach::sent) reach_ = reach_of(failure->status);
    Error broken = to_error(*failure, instance_->provider().name);
    if (!says_enough(failure->kind)) return end(std::unexpected(std::move(broken)));
    auto ended = end_body();
    if (!ended) return;
    const bool lacks = !*ended && ended->error().kind == ErrorKind::protocol;
    end(lacks ? std::unexpected(std::move(broken)) : *std::move(ended));
}

// Whether the plugin can judge the answer although the exchange failed. An error reply says enough
// by its status. So may an answer whose connection broke: if it is one whole JSON text, or if the
// client wants no stream, as the plugin then knows whether an event is missing. Whether a stream is
// complete is decided elsewhere, from the chunks that the client has been sent. Bytes that are not
// framed say nothing of their end.
bool Attempt::says_enough(net::FailureKind failure) const {
    if (framer_.is_error_reply()) return true;
    if (failure != net::FailureKind::cut || frame_ == BW_FRAME_RAW) return false;
    return framer_.is_whole() ? framer_.holds_json() : body_.any_frame() && !stream_;
}

std::optional<Result<void>> Attempt::end_body() {
    if (!needs_no_more() && !framer_.finish() && !needs_no_more()) {
        return std::unexpected(framing_error());
    }
    bw_end last{};
    last.size = sizeof(bw_end);
    last.exchange = exchanges_;
    const bw_status status =
        call(Phase::ending, "call_end", instance_->table().call_end, call_, &last);
    auto judged = judge(status);
    if (!judged) {
        judge_answer(judged.error().kind != ErrorKind::protocol || !body_.any_frame() ||
                     failed_in_data());
    }
    if (!judged) return judged;
    if (!sent_) return finish_reply();
    if (++exchanges_ == k_exchanges_max) {
        return std::unexpected(endless(instance_->provider().name));
    }
    if (alarm_) alarm_->cancel();
    exchange_.reset();
    last_word_.reset();
    frame_ = BW_FRAME_WHOLE;
    framer_.begin(frame_, false);
    body_ = AnswerBody(Clock::now());
    begin_exchange();
    return std::nullopt;
}

// An isolated plugin is told of its last frame together with the end.
bool Attempt::failed_in_data() const {
    return instance_->provider().library->keepers() != nullptr && isolated::failed_in_data(call_);
}

// Notes that the plugin has refused the answer. `for_good`: because of what the answer says, not
// because a part of it is missing.
void Attempt::judge_answer(bool for_good) {
    if (reach_ == Reach::answered && for_good && !stopped_ && !body_.may_be_cut()) {
        reach_ = Reach::judged;
    }
}

bool Attempt::deliver(const Frame& cut) {
    body_.on_frame();
    reports_before_event_ = usage_reports_;
    std::vector<bw_header> headers;
    for (const FrameHeader& one : cut.headers) headers.push_back({str(one.name), str(one.value)});
    bw_frame frame{};
    frame.size = sizeof(bw_frame);
    frame.kind = abi_kind_of(cut.kind);
    if (framer_.is_full()) frame.flags |= BW_FRAME_CUT;
    frame.exchange = exchanges_;
    frame.data = str(cut.data);
    frame.event = str(cut.event);
    frame.headers = headers.data();
    frame.header_count = headers.size();
    const bw_status status =
        call(Phase::receiving, "call_data", instance_->table().call_data, call_, &frame);
    auto judged = judge(status);
    if (!judged) judge_answer(true);
    if (!judged || status == BW_COMPLETE) last_word_ = std::move(judged);
    return !last_word_;
}

// Ends the answer's body, if its upstream has not ended it by then.
void Attempt::end_after(milliseconds wait) {
    ring_at(Clock::now() + wait, [this] { on_end(std::nullopt); });
}

Result<void> Attempt::finish_reply() {
    if (bw::rules::check_end(conduct()).ok()) return {};
    return bellwether::fail(
        ErrorKind::protocol,
        fmt::format("provider \"{}\" ended its answer without a reply", instance_->provider().name),
        "empty_reply");
}

// ---- from a plugin that answers by itself -------------------------------------------------------

void Attempt::schedule_step(milliseconds wait) {
    ring_at(Clock::now() + wait, [this] { step(); });
}

void Attempt::step() {
    if (flow_ != Flow::open) {
        flow_ = Flow::step_held;
        return;
    }
    const UpstreamWait::Interruption working(wait_);
    if (alarm_) alarm_->cancel();
    body_.on_step(Clock::now());
    reports_before_event_ = usage_reports_;
    bw_step next{};
    next.size = sizeof(bw_step);
    const bw_status status = call(Phase::stepping, "step", instance_->engine()->step, call_, &next);
    auto judged = judge(status);
    if (!judged) return end(std::move(judged));
    if (status == BW_COMPLETE) return end(finish_reply());
    if (next.wait_ms > 0) schedule_step(std::min(milliseconds(next.wait_ms), k_step_wait_max));
}

// ---- endings --------------------------------------------------------------------------------

Result<void> Attempt::judge(bw_status status) {
    const LoadedProvider& provider = instance_->provider();
    if (!misbehaviour_.empty()) {
        instance_->poison();
        tell_of_misbehaviour();
        return bellwether::fail(
            ErrorKind::internal,
            fmt::format("plugin misbehaved: provider \"{}\": {}", provider.name, misbehaviour_),
            "plugin_error");
    }
    if (stopped_) return std::unexpected(*stopped_);
    auto refused = std::exchange(refused_, {});
    const bool good = status == BW_OK || status == BW_COMPLETE;
    if (refused && (good || !told_)) return std::unexpected(*std::move(refused));
    if (good) return {};
    Error error = failure(status, std::exchange(told_, {}), provider);
    const bool lacks_memory = error.kind == ErrorKind::unavailable;
    if (status == BW_E_INTERNAL && !lacks_memory) {
        instance_->poison();
        observe::error("plugin fault: provider \"{}\": {}", provider.name, error.for_operator());
        error.message = fmt::format("provider \"{}\": {}", provider.name, error.message);
        error.code = "plugin_error";
        error.detail.clear();  // it has been logged
    }
    return std::unexpected(std::move(error));
}

void Attempt::tell_of_misbehaviour() const {
    observe::error("plugin misbehaved: provider \"{}\": {}", instance_->provider().name,
                   misbehaviour_);
}

void Attempt::end(Result<void> result) {
    close(result ? std::uint32_t{BW_CLOSE_DONE} : std::uint32_t{BW_CLOSE_FAILED});
    events_.on_end(std::move(result));
}

void Attempt::cut() {
    reach_ = reach();
    readying_.reset();
    exchange_.reset();
    alarm_.reset();
    ticket_.reset();
    watch_.reset();
}

void Attempt::close(std::uint32_t why) {
    cut();
    if (call_ == nullptr) return;
    bw_close last{};
    last.size = sizeof(bw_close);
    last.reason = why;
    phase_ = Phase::closing;
    misbehaviour_.clear();
    plugin::call(instance_->provider(), "call_close", instance_->table().call_close, call_, &last);
    phase_ = Phase::waiting;
    call_ = nullptr;
    if (misbehaviour_.empty()) return;
    instance_->poison();
    tell_of_misbehaviour();
}

}  // namespace bellwether::plugin
