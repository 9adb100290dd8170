#include "plugin/isolated/child/performer.hpp"

#include <sched.h>

#include <utility>

#include "plugin/crash_report.hpp"
#include "plugin/framer.hpp"

namespace bellwether::plugin::isolated {

using bw::rules::Phase;

namespace {

bool is_good(bw_status status) { return status == BW_OK || status == BW_COMPLETE; }

}  // namespace

Performer::Performer(Channel& channel, const std::atomic<bool>& gone, const OpenedPlugin& plugin,
                     const Whereabouts& whereabouts)
    : link_(channel, Link::Side::child, gone), plugin_(plugin), whereabouts_(whereabouts) {}

void Performer::serve() {
    give_thread_a_stack_for_crashes();
    for (;;) {
        const auto [message, text] = link_.receive();
        if (message == Message::none) return;
        follow_host();
        Unpacker unpacker(text);
        perform(message, unpacker);
    }
}

// Two threads that take turns do so best on one processor: waking another one costs more than a
// plugin's work does. A worker that moves all the time is not followed. Where the system forbids
// it, it is only slower.
void Performer::follow_host() {
    constexpr unsigned k_stays = 16;
    const std::uint32_t cpu = link_.cpu_of_host();
    asked_from_ = cpu == asked_from_cpu_ ? asked_from_ + 1 : 1;
    asked_from_cpu_ = cpu;
    if (cpu == cpu_ || cpu >= CPU_SETSIZE || (cpu_ != k_nowhere && asked_from_ < k_stays)) return;
    cpu_ = cpu;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    sched_setaffinity(0, sizeof(only), &only);
}

void Performer::perform(Message message, Unpacker& text) {
    switch (message) {
        case Message::create: return create(text);
        case Message::destroy: return destroy();
        case Message::open: return open(text);
        case Message::head: return head(text);
        case Message::data: return data(text);
        case Message::end: return end(text);
        case Message::close: return close(text);
        case Message::step: return step(text);
        case Message::estimate: return estimate(text);
        default: return answer({.status = BW_E_INTERNAL});
    }
}

template <typename Function, typename... Arguments>
auto Performer::enter(const char* name, Function function, Arguments... arguments) {
    const Speaking speaking(link_, name, whereabouts_, *plugin_.table);
    return function(arguments...);
}

template <typename Function, typename... Arguments>
bw_status Performer::call(SpokenCall& spoken, Phase phase, const char* name, Function function,
                          Arguments... arguments) {
    spoken.attempt.conduct.phase = phase;
    spoken.attempt.conduct.sent = false;
    const bw_status status = enter(name, function, arguments...);
    spoken.attempt.conduct.phase = Phase::waiting;
    return status;
}

void Performer::tell_phase(const SpokenCall& spoken, Phase phase) {
    Packer text;
    text.number(spoken.attempt.number).number(static_cast<std::uint32_t>(phase));
    link_.put(Message::phase, text.done());
}

void Performer::answer(const Returned& ending) {
    Packer text;
    pack(text, ending);
    link_.put(Message::result, text.done());
    ending.closed == 0 ? link_.publish() : link_.show();
}

Performer::SpokenCall* Performer::call_of(std::uint32_t number) {
    const auto found = calls_.find(number);
    return found == calls_.end() ? nullptr : found->second.get();
}

void Performer::create(Unpacker& text) {
    bw_setup setup{};
    setup.size = sizeof(bw_setup);
    setup.api = &spoken_api();
    setup.host = reinterpret_cast<bw_host*>(this);
    setup.service = plugin_.service;
    setup.config = text.text();
    reachable_ = {};
    for (auto n = text.number<std::uint32_t>(); n > 0 && text.ok(); --n) {
        reachable_.origins.add(view(text.text()));
    }
    for (auto n = text.number<std::uint32_t>(); n > 0 && text.ok(); --n) {
        reachable_.credentials.emplace_back(view(text.text()));
    }
    instance_ = nullptr;
    const bw_status status = enter("create", plugin_.table->create, &setup, &instance_);
    answer({.status = status, .gave = std::uint32_t{instance_ != nullptr}});
}

void Performer::destroy() {
    if (instance_ != nullptr) enter("destroy", plugin_.table->destroy, instance_);
    instance_ = nullptr;
    calls_.clear();
    answer({});
}

void Performer::open(Unpacker& text) {
    const auto number = text.number<std::uint32_t>();
    const UnpackedRequest request(text);
    auto spoken = std::make_unique<SpokenCall>(SpokenCall{
        .attempt = {.link = link_, .plugin = plugin_, .reachable = reachable_, .number = number}});
    spoken->attempt.conduct.operation = request.value.operation;
    spoken->attempt.conduct.stream = (request.value.flags & BW_REQUEST_STREAM) != 0;
    spoken->attempt.given = view(request.value.body);
    const bw_status status =
        call(*spoken, Phase::opening, "call_open", plugin_.table->call_open, instance_,
             handle_of(spoken->attempt), &request.value, &spoken->call);
    spoken->attempt.given = {};
    const bool gave = spoken->call != nullptr;
    if (is_good(status) && gave) calls_[number] = std::move(spoken);
    answer({.status = status, .gave = std::uint32_t{gave}});
}

void Performer::head(Unpacker& text) {
    const auto number = text.number<std::uint32_t>();
    const auto how = text.number<std::uint32_t>();
    const UnpackedHead head(text);
    SpokenCall* const spoken = call_of(number);
    if (spoken == nullptr) return answer({.status = BW_E_INTERNAL});
    const bool answers = (how & k_answer) != 0;
    if (!answers) tell_phase(*spoken, Phase::heading);
    spoken->attempt.frame = BW_FRAME_WHOLE;
    const bw_status status = call(*spoken, Phase::heading, "call_head", plugin_.table->call_head,
                                  spoken->call, &head.value);
    if (!answers) {
        spoken->is_behind = true;
        spoken->held = status;
        return;
    }
    spoken->attempt.frame = BW_FRAME_WHOLE;  // the host cuts
    answer({.status = status});
}

// A frame, or a whole body that the plugin wants cut.
bw_status Performer::give(SpokenCall& spoken, const bw_frame& frame) {
    const auto data = [&](const bw_frame& one) {
        return call(spoken, Phase::receiving, "call_data", plugin_.table->call_data, spoken.call,
                    &one);
    };
    if (spoken.attempt.frame == BW_FRAME_WHOLE) return data(frame);
    bw_status last = BW_OK;
    Framer framer(FrameSink([&](const Frame& cut) {
        std::vector<bw_header> headers;
        for (const auto& one : cut.headers) headers.push_back({str(one.name), str(one.value)});
        bw_frame part = frame;
        part.kind = abi_kind_of(cut.kind);
        part.data = str(cut.data);
        part.event = str(cut.event);
        part.headers = headers.data();
        part.header_count = headers.size();
        last = data(part);
        return last == BW_OK;
    }));
    framer.begin(spoken.attempt.frame, false);
    const bool cut = framer.feed(view(frame.data)) && framer.finish();
    return cut || last != BW_OK ? last : BW_E_PROTOCOL;
}

void Performer::data(Unpacker& text) {
    const auto number = text.number<std::uint32_t>();
    const auto how = text.number<std::uint32_t>();
    const UnpackedFrame frame(text);
    SpokenCall* const spoken = call_of(number);
    if (spoken == nullptr) return answer({.status = BW_E_INTERNAL});
    if ((how & k_answer) != 0) return answer({.status = give(*spoken, frame.value)});
    tell_phase(*spoken, Phase::receiving);
    spoken->is_behind = true;
    if (spoken->held == BW_OK) spoken->held = give(*spoken, frame.value);
}

// What was held back comes first; where it failed, call_end does not follow.
void Performer::end(Unpacker& text) {
    const auto number = text.number<std::uint32_t>();
    bw_end last{};
    last.size = sizeof(bw_end);
    last.exchange = text.number<std::uint32_t>();
    SpokenCall* const spoken = call_of(number);
    if (spoken == nullptr) return answer({.status = BW_E_INTERNAL});
    const bw_status before = std::exchange(spoken->held, BW_OK);
    if (!is_good(before)) return answer({.status = before, .in_data = 1});
    if (std::exchange(spoken->is_behind, false)) tell_phase(*spoken, Phase::ending);
    spoken->attempt.frame = BW_FRAME_WHOLE;
    const bw_status status =
        call(*spoken, Phase::ending, "call_end", plugin_.table->call_end, spoken->call, &last);
    const bool over = status == BW_OK && !spoken->attempt.conduct.sent;
    answer({.status = status, .closed = std::uint32_t{over}});
    if (over) close_well(number, *spoken);
}

// The host closes a call that has ended in the same breath: so it is closed at once.
void Performer::close_well(std::uint32_t number, SpokenCall& spoken) {
    bw_close last{};
    last.size = sizeof(bw_close);
    const bool replied = bw::rules::check_end(spoken.attempt.conduct).ok();
    last.reason = replied ? BW_CLOSE_DONE : BW_CLOSE_FAILED;
    spoken.attempt.conduct.phase = Phase::closing;
    enter("call_close", plugin_.table->call_close, spoken.call, &last);
    calls_.erase(number);
    answer({});
}

void Performer::close(Unpacker& text) {
    const auto number = text.number<std::uint32_t>();
    bw_close last{};
    last.size = sizeof(bw_close);
    last.reason = text.number<std::uint32_t>();
    if (SpokenCall* const spoken = call_of(number)) {
        spoken->attempt.conduct.phase = Phase::closing;
        enter("call_close", plugin_.table->call_close, spoken->call, &last);
        calls_.erase(number);
    }
    answer({});
}

void Performer::step(Unpacker& text) {
    SpokenCall* const spoken = call_of(text.number<std::uint32_t>());
    if (spoken == nullptr || plugin_.engine == nullptr) return answer({.status = BW_E_INTERNAL});
    bw_step next{};
    next.size = sizeof(bw_step);
    const bw_status status =
        call(*spoken, Phase::stepping, "step", plugin_.engine->step, spoken->call, &next);
    answer({.status = status, .wait_ms = next.wait_ms});
}

void Performer::estimate(Unpacker& text) {
    const UnpackedRequest request(text);
    if (plugin_.estimate == nullptr) return answer({.status = BW_E_INTERNAL});
    answer({.status = enter("estimate", plugin_.estimate->estimate, instance_, &request.value,
                            reinterpret_cast<bw_estimate*>(this))});
}

}  // namespace bellwether::plugin::isolated
