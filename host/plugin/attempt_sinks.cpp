// The host's half of the ABI for one attempt: what the plugin may call.
#include <fmt/format.h>

#include <bellwether/provider/rules.hpp>
#include <utility>

#include "observe/log.hpp"
#include "plugin/attempt.hpp"
#include "plugin/isolated/proxy.hpp"
#include "plugin/said_limits.hpp"
#include "plugin/secret_texts.hpp"
#include "plugin/usage.hpp"

namespace bellwether::plugin {

bw::rules::Conduct Attempt::conduct() const {
    const bool elsewhere =
        phase_ == Phase::ending && instance_->provider().library->keepers() != nullptr;
    return {.phase = elsewhere ? isolated::phase_of(call_) : phase_,
            .operation = operation_,
            .stream = stream_,
            .sent = sent_,
            .engine = ticket_.has_value(),
            .replied = replied_};
}

bw_status Attempt::fail(const bw_error& error) {
    told_ = to_error(error, instance_->provider());
    return error.status;
}

void Attempt::log(LogLevel level, std::string_view message) {
    observe::log(level, fmt::format("call {}: provider \"{}\": {}", id_, instance_->provider().name,
                                    message));
}

bw_status Attempt::send(const bw_send& asked) {
    Outgoing outgoing(instance_->provider(), order_.credential);
    if (const auto verdict = outgoing.send(conduct(), asked, order_.body); !verdict.ok()) {
        return take(verdict);
    }
    outgoing_.emplace(std::move(outgoing));
    sent_ = true;
    refused_.reset();  // something else had been tried before
    return BW_OK;
}

bw_status Attempt::frame(std::uint32_t kind) {
    const auto verdict = bw::rules::check_frame(conduct(), kind);
    if (verdict.ok()) {
        frame_ = kind;
        frame_chosen_ = true;
        refused_.reset();
    }
    return take(verdict);
}

bw_status Attempt::emit(const bw_emit& piece) {
    if (!misbehaviour_.empty()) return BW_E_INTERNAL;  // the call ends when the plugin returns
    if (const auto verdict = bw::rules::check_emit(conduct(), piece); !verdict.ok()) {
        return take(verdict);
    }
    const std::string_view data = view(piece.data);
    const auto kind = static_cast<Piece>(piece.kind);
    if (kind == Piece::bytes && !replied_) content_type_ = view(piece.content_type);
    replied_ |= kind != Piece::usage;
    const bool may_hold_usage = kind == Piece::reply || kind == Piece::usage;
    if (usage_reports_ == 0 && may_hold_usage) take_usage(usage_in(data));
    events_.on_piece(kind, data);
    return BW_OK;
}

bw_status Attempt::reply_header(const bw_header& header) {
    const auto verdict = bw::rules::check_reply_header(conduct());
    if (verdict.ok()) notes_.header(header, instance_->provider());
    return take(verdict);
}

bw_status Attempt::limits(const bw_limits& limits) {
    const auto verdict = bw::rules::check_limits(conduct());
    if (verdict.ok()) events_.on_limits(said_limits_of(limits));
    return take(verdict);
}

bw_status Attempt::attribute(const bw_attribute& attribute) {
    const auto verdict = bw::rules::check_attribute(conduct(), attribute);
    if (verdict.ok()) notes_.attribute(attribute, instance_->provider());
    return take(verdict);
}

bw_status Attempt::usage(const bw_usage& usage) {
    const auto verdict = bw::rules::check_usage(conduct());
    if (verdict.ok()) take_usage(usage_of(usage));
    return take(verdict);
}

bw_ticket Attempt::begin_engine() {
    const auto verdict = bw::rules::check_begin(conduct(), instance_->engine() != nullptr);
    if (take(verdict) != BW_OK) return 0;
    ticket_.emplace(*loop_, [this] { step(); });
    return ticket_->number();
}

bw_status Attempt::add_model(const bw_model& model) {
    constexpr std::size_t k_models_max = 100'000;
    constexpr std::size_t k_id_bytes_max = 256;
    const auto verdict = bw::rules::check_add(conduct());
    const std::string_view id = view(model.id);
    const bool fits = !id.empty() && id.size() <= k_id_bytes_max && models_.size() < k_models_max;
    if (verdict.ok() && fits) models_.push_back(presentable(id, instance_->provider()));
    return take(verdict);
}

bw_status Attempt::out_of_memory() {
    stopped_ = bellwether::out_of_memory();
    return BW_E_INTERNAL;
}

void Attempt::take_usage(const Usage& told) {
    const bool says_sum = told.output_tokens < 0 && told.total_tokens > 0;
    if (says_sum ? told.total_tokens >= usage_.total_tokens
                 : told.output_tokens >= 0 && told.output_tokens >= usage_.output_tokens) {
        ++usage_reports_;
    }
    keep_larger(usage_, told);
}

// Notes what the host refuses the plugin, and gives the status that the plugin sees.
bw_status Attempt::take(const bw::rules::Verdict& verdict) {
    if (verdict.status == BW_E_INTERNAL && misbehaviour_.empty()) misbehaviour_ = verdict.why;
    if (verdict.status == BW_E_UNSUPPORTED && !refused_) {
        refused_ = {.kind = ErrorKind::unsupported,
                    .message = fmt::format(
                        "the plugin of provider \"{}\" needs what this host cannot do: {}",
                        instance_->provider().name, verdict.why),
                    .code = "plugin_needs_more"};
    }
    return verdict.status;
}

}  // namespace bellwether::plugin
