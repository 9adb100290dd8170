#include "plugin/isolated/replay.hpp"

#include <bellwether/ext/engine.h>
#include <bellwether/ext/models.h>

#include "plugin/estimate.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/packing.hpp"

namespace bellwether::plugin::isolated {
namespace {

template <typename Table>
const Table& side_of_host(const char* id) {
    return *static_cast<const Table*>(host_api().extension(nullptr, id));
}

void replay_fail(Unpacker& text, const Hearer& hearer) {
    const bw_error error = unpack_error(text);
    host_api().fail(hearer.host, hearer.call == nullptr ? nullptr : hearer.call->attempt, &error);
}

void replay_log(Unpacker& text, const Hearer& hearer) {
    bw_log line{};
    line.size = sizeof(bw_log);
    line.level = text.number<std::int32_t>();
    line.message = text.text();
    host_api().log(hearer.host, hearer.call == nullptr ? nullptr : hearer.call->attempt, &line);
}

void replay_count(Unpacker& text, const Hearer& hearer) {
    bw_count told{};
    told.size = sizeof(bw_count);
    told.add = text.number<std::int64_t>();
    told.name = text.text();
    told.label = text.text();
    host_api().count(hearer.host, nullptr, &told);
}

void replay_send(Unpacker& text, Spoken& call) {
    const UnpackedSend send(text, call.given);
    call.frame = send.value.frame;
    host_api().send(call.attempt, &send.value);
}

void replay_begin(Unpacker& text, Spoken& call, Life& life) {
    const auto plugins = text.number<bw_ticket>();
    const bw_ticket hosts = side_of_host<bw_engine_host>(BW_EXT_ENGINE).begin(call.attempt);
    if (plugins == 0 || hosts == 0) return;
    life.pair(plugins, hosts);
    call.ticket = plugins;
}

void replay_header(Unpacker& text, const Spoken& call) {
    bw_header header{};
    header.name = text.text();
    header.value = text.text();
    host_api().reply_header(call.attempt, &header);
}

void replay_frame(Unpacker& text, Spoken& call) {
    call.chose_frame = true;
    host_api().frame(call.attempt, text.number<std::uint32_t>());
}

// False: it is none of those that are asked for together with call_end.
bool replay_phase(Unpacker& text, Spoken& call) {
    using bw::rules::Phase;
    const auto phase = static_cast<Phase>(text.number<std::uint32_t>());
    call.phase = phase;
    return phase == Phase::heading || phase == Phase::receiving || phase == Phase::ending;
}

// What an attempt alone can be told.
bool replay_to_call(Message message, Unpacker& text, Spoken& call, Life& life) {
    const bw_host_api& api = host_api();
    switch (message) {
        case Message::send: replay_send(text, call); return true;
        case Message::frame: replay_frame(text, call); return true;
        case Message::emit: {
            const bw_emit piece = unpack_emit(text);
            if (text.ok()) api.emit(call.attempt, &piece);
            return true;
        }
        case Message::reply_header: replay_header(text, call); return true;
        case Message::usage: {
            const UnpackedUsage usage(text);
            api.usage(call.attempt, &usage.value);
            return true;
        }
        case Message::limits: {
            const UnpackedLimits limits(text);
            api.limits(call.attempt, &limits.value);
            return true;
        }
        case Message::attribute: {
            const bw_attribute attribute = unpack_attribute(text);
            api.attribute(call.attempt, &attribute);
            return true;
        }
        case Message::phase: return replay_phase(text, call);
        case Message::begin: replay_begin(text, call, life); return true;
        case Message::add_model: {
            const bw_model model = unpack_model(text);
            side_of_host<bw_models_host>(BW_EXT_MODELS).add(call.attempt, &model);
            return true;
        }
        default: return false;
    }
}

}  // namespace

bool is_of_call(Message message) {
    return (message >= Message::fail && message <= Message::add_model &&
            message != Message::count) ||
           message == Message::phase;
}

bool replay(Message message, Unpacker& text, const Hearer& hearer) {
    switch (message) {
        case Message::fail: replay_fail(text, hearer); break;
        case Message::log: replay_log(text, hearer); break;
        case Message::count: replay_count(text, hearer); break;
        case Message::bound: {
            const UnpackedUsage most(text);
            if (hearer.estimate == nullptr) return false;
            estimate_host().bound(hearer.estimate, &most.value);
            break;
        }
        default:
            if (!is_of_call(message)) return false;
            if (hearer.call == nullptr) return true;  // it has ended meanwhile
            if (!replay_to_call(message, text, *hearer.call, *hearer.life)) return false;
    }
    return text.ok();
}

}  // namespace bellwether::plugin::isolated
