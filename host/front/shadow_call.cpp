#include "front/shadow_call.hpp"

#include <utility>

#include "base/clock.hpp"
#include "config/shadow_name.hpp"
#include "front/error_reply.hpp"
#include "observe/log.hpp"
#include "policy/record/call_record.hpp"

namespace bellwether::front {
namespace {

using std::chrono::steady_clock;

// The time limits are those of the target, not the client's.
Call copy_of(const Call& original) {
    Call copy = original;
    copy.id += "-shadow";
    copy.cost_in_body = CostInBody::never;
    copy.user.clear();
    copy.user_source = UserSource::none;
    copy.timeout.clear();
    copy.limits = {};
    copy.started = Clock::now();
    copy.deadline = steady_clock::time_point::max();
    copy.key.clear();
    copy.key_name.clear();
    copy.team.clear();
    return copy;
}

Error not_waited_for(CutOff why) {
    return {.kind = ErrorKind::cancelled,
            .message = why == CutOff::host_ends
                           ? "the host did not wait for this copy of a call when it ended"
                           : "this copy of a call outlasted the config that it began under",
            .code = code_of(why)};
}

}  // namespace

std::optional<policy::Destination> shadow_of(const route::Match& match, std::string_view model,
                                             std::uint64_t chance) {
    if (!match.shadow || chance % 100 >= match.route->shadow->percent) return std::nullopt;
    policy::Destination shadow{.route = config::shadow_name(*match.route),
                               .model = std::string(model),
                               .candidates = {},
                               .random = chance / 100,
                               .may_wait = false};
    shadow.candidates.push_back(*match.shadow);
    return shadow;
}

ShadowCall::ShadowCall(Context& context, const Call& original, policy::Destination shadow,
                       HeldBody body, OnEnd on_end)
    : context_(context),
      call_(copy_of(original)),
      body_(std::move(body)),
      route_(shadow.route),
      admission_(context.books, context.engine, call_, std::move(shadow)),
      on_end_(std::move(on_end)) {}

void ShadowCall::start() {
    admission_.ask([this](const Result<void>& admitted) { admitted ? begin() : refused(); });
}

void ShadowCall::refused() {
    context_.metrics.shadow_call(route_, observe::ShadowOutcome::refused);
    on_end_(*this);
}

void ShadowCall::begin() {
    attempts_.emplace(context_.engine, call_, admission_.prospects(), admission_.reckoner(),
                      static_cast<policy::Replies&>(*this));
    attempts_->leave_off();
    attempts_->start();
}

void ShadowCall::on_chunk(std::string_view) {
    if (first_byte_ == steady_clock::time_point{}) first_byte_ = Clock::now();
}

void ShadowCall::on_end(const policy::CallEnd& outcome) {
    if (!call_.stream && outcome.result) first_byte_ = Clock::now();
    record(outcome);
    attempts_.reset();
    on_end_(*this);
}

void ShadowCall::interrupt(CutOff why) {
    if (attempts_) attempts_->end_calls(BW_CLOSE_SHUTDOWN);
    if (attempts_) record(attempts_->outcome(std::unexpected(not_waited_for(why))));
    attempts_.reset();
}

// The status is the one that a client would have got.
void ShadowCall::record(const policy::CallEnd& outcome) {
    const ErrorReply told = outcome.result ? ErrorReply{.status = 200, .body = {}, .headers = {}}
                                           : error_reply(outcome.result.error());
    const policy::CallRecord record{.call = call_,
                                    .outcome = outcome,
                                    .route = route_,
                                    .status = told.status,
                                    .error_code = told.code,
                                    .ended = Clock::now(),
                                    .first_byte = first_byte_,
                                    .generation = context_.generation};
    policy::count_shadow(record, context_.metrics);
    admission_.settle(record);
    if (!observe::access_enabled()) return;
    context_.access_log.add(policy::access_record(record, Clock::wall()));
}

}  // namespace bellwether::front
