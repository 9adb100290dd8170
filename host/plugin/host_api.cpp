// The functions that a plugin reaches through bw_host_api: each checks its pointers and hands over
// to the attempt or the instance. None may throw: an exception must not unwind through a plugin.
#include <bellwether/ext/models.h>
#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <new>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "plugin/instance.hpp"
#include "plugin/sinks.hpp"

namespace bw::plugin {
namespace {

void log(bw_host* host, std::int32_t level, bw_str message) noexcept {
    const auto known = level == BW_LOG_DEBUG   ? LogLevel::debug
                       : level == BW_LOG_WARN  ? LogLevel::warn
                       : level == BW_LOG_ERROR ? LogLevel::error
                                               : LogLevel::info;
    try {
        observe::log(known, fmt::format("provider \"{}\": {}", host->provider->name,
                                        presentable(view(message), *host->provider)));
    } catch (const std::bad_alloc&) {  // the line is lost, not the process
    }
}

// Runs `work` and notes a lack of memory in the sinks, whose owner sees it when the plugin returns:
// an exception must not unwind through a plugin.
template <typename Work>
void with_memory(bw_exchange* exchange, const Work& work) noexcept {
    try {
        work(*exchange->sinks);
    } catch (const std::bad_alloc&) {
        exchange->sinks->out_of_memory();
    }
}

std::int64_t unix_ms(bw_host*) noexcept {
    using namespace std::chrono;
    return duration_cast<milliseconds>(Clock::wall().time_since_epoch()).count();
}

std::int32_t has_secret(bw_host* host, bw_str name) noexcept {
    return host->provider->secrets.contains(view(name)) ? 1 : 0;
}

void begin(bw_exchange* exchange) noexcept {
    with_memory(exchange, [](Sinks& sinks) { sinks.begin_generating(); });
}

void add_model(bw_exchange* exchange, bw_str id) noexcept {
    with_memory(exchange, [&](Sinks& sinks) { sinks.add_model(view(id)); });
}

const void* extension(bw_host*, const char* id) noexcept {
    static constexpr bw_generate_host k_generate{
        .size = sizeof(bw_generate_host), .reserved = 0, .begin = begin};
    static constexpr bw_models_host k_models{
        .size = sizeof(bw_models_host), .reserved = 0, .add = add_model};
    if (id == nullptr) return nullptr;
    if (std::strcmp(id, BW_EXT_GENERATE) == 0) return &k_generate;
    if (std::strcmp(id, BW_EXT_MODELS) == 0) return &k_models;
    return nullptr;
}

void send(bw_exchange* exchange, bw_str method, bw_str url, std::uint32_t frame) noexcept {
    with_memory(exchange, [&](Sinks& sinks) { sinks.send(view(method), view(url), frame); });
}

void send_header(bw_exchange* exchange, bw_str name, bw_str value) noexcept {
    with_memory(exchange, [&](Sinks& sinks) { sinks.send_header(view(name), view(value)); });
}

void send_secret(bw_exchange* exchange, bw_str name, bw_str prefix, bw_str secret) noexcept {
    with_memory(exchange,
                [&](Sinks& sinks) { sinks.send_secret(view(name), view(prefix), view(secret)); });
}

void send_body(bw_exchange* exchange, bw_str bytes) noexcept {
    with_memory(exchange, [&](Sinks& sinks) { sinks.send_body(view(bytes)); });
}

void emit(bw_exchange* exchange, std::uint32_t kind, bw_str json) noexcept {
    with_memory(exchange, [&](Sinks& sinks) { sinks.emit(kind, view(json)); });
}

void emit_usage(bw_exchange* exchange, const bw_usage* usage) noexcept {
    if (usage == nullptr) return;
    with_memory(exchange, [&](Sinks& sinks) { sinks.emit_usage(*usage); });
}

}  // namespace

const bw_host_api& host_api() {
    static constexpr bw_host_api k_api{.size = sizeof(bw_host_api),
                                       .abi_minor = BW_ABI_MINOR,
                                       .log = log,
                                       .unix_ms = unix_ms,
                                       .has_secret = has_secret,
                                       .extension = extension,
                                       .send = send,
                                       .send_header = send_header,
                                       .send_secret = send_secret,
                                       .send_body = send_body,
                                       .emit = emit,
                                       .emit_usage = emit_usage};
    return k_api;
}

}  // namespace bw::plugin
