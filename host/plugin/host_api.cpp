// The functions that a plugin reaches through bw_host_api: each checks its pointers and hands over
// to the attempt or the instance. None may throw: an exception must not unwind through a plugin.
#include <bellwether/ext/engine.h>
#include <bellwether/ext/models.h>
#include <fmt/format.h>

#include <bellwether/provider/rules.hpp>
#include <chrono>
#include <cstring>
#include <new>
#include <string_view>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "plugin/capabilities.hpp"
#include "plugin/estimate.hpp"
#include "plugin/instance.hpp"
#include "plugin/secret_texts.hpp"
#include "plugin/sinks.hpp"
#include "plugin/tickets.hpp"

namespace bellwether::plugin {
namespace {

// Runs `work` for an attempt. A lack of memory is told to the attempt, whose owner sees it when the
// plugin returns.
template <typename Work>
bw_status with_memory(bw_attempt* attempt, const Work& work) noexcept {
    try {
        return work(*attempt->sinks);
    } catch (const std::bad_alloc&) {
        return attempt->sinks->out_of_memory();
    }
}

// As with_memory, with the plugin's struct as this host knows it. Without one nothing is meant.
template <typename Struct, typename Work>
bw_status with_struct(bw_attempt* attempt, const Struct* theirs, const Work& work) noexcept {
    if (theirs == nullptr) return BW_E_INTERNAL;
    return with_memory(attempt,
                       [&](Sinks& sinks) { return work(sinks, bw::rules::read(*theirs)); });
}

bw_status fail(bw_host* host, bw_attempt* attempt, const bw_error* error) noexcept {
    if (error == nullptr) return BW_E_INTERNAL;
    if (attempt != nullptr) {
        return with_struct(attempt, error,
                           [](Sinks& sinks, const bw_error& told) { return sinks.fail(told); });
    }
    try {
        host->told = to_error(bw::rules::read(*error), *host->provider);
    } catch (const std::bad_alloc&) {
        host->told.reset();
    }
    return error->status;
}

LogLevel level_of(std::int32_t level) {
    switch (level) {
        case BW_LOG_DEBUG: return LogLevel::debug;
        case BW_LOG_WARN: return LogLevel::warn;
        case BW_LOG_ERROR: return LogLevel::error;
        default: return LogLevel::info;
    }
}

void log(bw_host* host, bw_attempt* attempt, const bw_log* line) noexcept {
    if (line == nullptr) return;
    try {
        const bw_log said = bw::rules::read(*line);
        const std::string message = presentable(view(said.message), *host->provider);
        if (attempt != nullptr) return attempt->sinks->log(level_of(said.level), message);
        observe::log(level_of(said.level),
                     fmt::format("provider \"{}\": {}", host->provider->name, message));
    } catch (const std::bad_alloc&) {  // the line is lost, not the process
    }
}

void count(bw_host* host, bw_attempt*, const bw_count* told) noexcept {
    if (told == nullptr) return;
    try {
        const bw_count said = bw::rules::read(*told);
        host->provider->counters->add(view(said.name),
                                      presentable(view(said.label), *host->provider), said.add);
    } catch (const std::bad_alloc&) {  // what is counted is lost, not the process
    }
}

std::int64_t unix_ms(bw_host*) noexcept {
    using namespace std::chrono;
    return duration_cast<milliseconds>(Clock::wall().time_since_epoch()).count();
}

std::int32_t has(bw_host*, const char* capability) noexcept {
    return capability != nullptr && can(capability) ? 1 : 0;
}

bw_ticket begin(bw_attempt* attempt) noexcept {
    try {
        return attempt->sinks->begin_engine();
    } catch (const std::bad_alloc&) {
        attempt->sinks->out_of_memory();
        return 0;
    }
}

void wake_call(bw_host*, bw_ticket ticket) noexcept { wake(ticket); }

bw_status add_model(bw_attempt* attempt, const bw_model* model) noexcept {
    return with_struct(attempt, model,
                       [](Sinks& sinks, const bw_model& told) { return sinks.add_model(told); });
}

const void* extension(bw_host*, const char* id) noexcept {
    static constexpr bw_engine_host k_engine{
        .size = sizeof(bw_engine_host), .reserved = 0, .begin = begin, .wake = wake_call};
    static constexpr bw_models_host k_models{
        .size = sizeof(bw_models_host), .reserved = 0, .add = add_model};
    if (id == nullptr) return nullptr;
    if (std::strcmp(id, BW_EXT_ENGINE) == 0) return &k_engine;
    if (std::strcmp(id, BW_EXT_MODELS) == 0) return &k_models;
    if (std::strcmp(id, BW_EXT_ESTIMATE) == 0) return &estimate_host();
    return nullptr;
}

bw_status send(bw_attempt* attempt, const bw_send* request) noexcept {
    return with_struct(attempt, request,
                       [](Sinks& sinks, const bw_send& asked) { return sinks.send(asked); });
}

bw_status frame(bw_attempt* attempt, std::uint32_t kind) noexcept {
    return with_memory(attempt, [&](Sinks& sinks) { return sinks.frame(kind); });
}

bw_status emit(bw_attempt* attempt, const bw_emit* piece) noexcept {
    return with_struct(attempt, piece,
                       [](Sinks& sinks, const bw_emit& said) { return sinks.emit(said); });
}

bw_status reply_header(bw_attempt* attempt, const bw_header* header) noexcept {
    if (header == nullptr) return BW_E_INTERNAL;
    return with_memory(attempt, [&](Sinks& sinks) { return sinks.reply_header(*header); });
}

bw_status usage(bw_attempt* attempt, const bw_usage* used) noexcept {
    return with_struct(attempt, used,
                       [](Sinks& sinks, const bw_usage& told) { return sinks.usage(told); });
}

bw_status limits(bw_attempt* attempt, const bw_limits* limits) noexcept {
    return with_struct(attempt, limits,
                       [](Sinks& sinks, const bw_limits& told) { return sinks.limits(told); });
}

bw_status attribute(bw_attempt* attempt, const bw_attribute* attribute) noexcept {
    return with_struct(attempt, attribute, [](Sinks& sinks, const bw_attribute& told) {
        return sinks.attribute(told);
    });
}

}  // namespace

const bw_hello& hello() {
    static constexpr bw_hello k_hello{.size = sizeof(bw_hello),
                                      .abi_minor = BW_ABI_MINOR,
                                      .name = "bellwether",
                                      .version = BELLWETHER_VERSION};
    return k_hello;
}

const bw_host_api& host_api() {
    static const bw_host_api k_api{.size = sizeof(bw_host_api),
                                   .reserved = 0,
                                   .hello = &hello(),
                                   .fail = fail,
                                   .log = log,
                                   .count = count,
                                   .unix_ms = unix_ms,
                                   .has = has,
                                   .extension = extension,
                                   .send = send,
                                   .frame = frame,
                                   .emit = emit,
                                   .reply_header = reply_header,
                                   .usage = usage,
                                   .limits = limits,
                                   .attribute = attribute};
    return k_api;
}

}  // namespace bellwether::plugin
