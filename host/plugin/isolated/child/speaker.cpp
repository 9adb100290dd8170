#include "plugin/isolated/child/speaker.hpp"

#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "plugin/capabilities.hpp"
#include "plugin/crash_report.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/packing.hpp"

namespace bellwether::plugin::isolated {
namespace {

constinit thread_local Link* spoken_on = nullptr;
constinit Notes* notes = nullptr;

// A thread that is no caller's says what it has to say in the notes.
void say_anywhere(Message message, const Packer& text) {
    if (spoken_on != nullptr) return spoken_on->put(message, text.done());
    notes->put(message, text.done());
}

// What belongs to an attempt is said inside a function that the host called.
template <typename... Rest>
void say(SpokenAttempt& attempt, Message message, const Rest&... rest) {
    if (spoken_on != &attempt.link) return;
    Packer text;
    text.number(attempt.number);
    pack(text, rest...);
    attempt.link.put(message, text.done());
}

SpokenAttempt& attempt_of(bw_attempt* handle) { return *reinterpret_cast<SpokenAttempt*>(handle); }

std::uint32_t number_of(bw_attempt* handle) {
    return handle == nullptr ? 0 : attempt_of(handle).number;
}

bw_status say_fail(bw_host*, bw_attempt* attempt, const bw_error* error) noexcept {
    if (error == nullptr) return BW_E_INTERNAL;
    const bw_error told = bw::rules::read(*error);
    Packer text;
    text.number(number_of(attempt));
    pack(text, told);
    if (spoken_on != nullptr) spoken_on->put(Message::fail, text.done());
    return told.status;
}

void say_log(bw_host*, bw_attempt* attempt, const bw_log* line) noexcept {
    if (line == nullptr) return;
    const bw_log said = bw::rules::read(*line);
    say_anywhere(Message::log,
                 Packer().number(number_of(attempt)).number(said.level).text(said.message));
}

void say_count(bw_host*, bw_attempt*, const bw_count* told) noexcept {
    if (told == nullptr) return;
    const bw_count said = bw::rules::read(*told);
    say_anywhere(Message::count, Packer().number(said.add).text(said.name).text(said.label));
}

std::int64_t tell_unix_ms(bw_host*) noexcept {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int32_t tell_has(bw_host*, const char* capability) noexcept {
    return capability != nullptr && can(capability) ? 1 : 0;
}

bw_ticket say_begin(bw_attempt* handle) noexcept {
    static constinit std::atomic<bw_ticket> last = 0;
    SpokenAttempt& attempt = attempt_of(handle);
    const auto verdict = bw::rules::check_begin(attempt.conduct, attempt.plugin.engine != nullptr);
    const bw_ticket ticket = verdict.ok() ? last.fetch_add(1) + 1 : 0;
    attempt.conduct.engine |= verdict.ok();
    if (spoken_on == &attempt.link) {
        attempt.link.put(Message::begin, Packer().number(attempt.number).number(ticket).done());
    }
    return ticket;
}

void say_wake(bw_host*, bw_ticket ticket) noexcept {
    notes->put(Message::wake, Packer().number(ticket).done());
}

bw_status say_model(bw_attempt* handle, const bw_model* model) noexcept {
    if (model == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    say(attempt, Message::add_model, bw::rules::read(*model));
    return bw::rules::check_add(attempt.conduct).status;
}

bw_status say_bound(bw_estimate*, const bw_usage* told) noexcept {
    if (told == nullptr || spoken_on == nullptr) return BW_E_INTERNAL;
    const bw_usage most = bw::rules::read(*told);
    if (!bw::rules::check_bound(most).ok()) return BW_E_INTERNAL;
    Packer text;
    pack(text, most);
    spoken_on->put(Message::bound, text.done());
    return BW_OK;
}

const void* tell_extension(bw_host*, const char* id) noexcept {
    static constexpr bw_engine_host k_engine{
        .size = sizeof(bw_engine_host), .reserved = 0, .begin = say_begin, .wake = say_wake};
    static constexpr bw_models_host k_models{
        .size = sizeof(bw_models_host), .reserved = 0, .add = say_model};
    static constexpr bw_estimate_host k_estimate{
        .size = sizeof(bw_estimate_host), .reserved = 0, .bound = say_bound};
    const std::string_view wanted = id == nullptr ? "" : id;
    if (wanted == BW_EXT_ENGINE) return &k_engine;
    if (wanted == BW_EXT_MODELS) return &k_models;
    if (wanted == BW_EXT_ESTIMATE) return &k_estimate;
    return nullptr;
}

bw::rules::Verdict check_names(const Reachable& reachable, const bw_send& asked) {
    for (std::size_t i = 0; i < asked.auth_count; ++i) {
        const bool given = std::ranges::find(reachable.credentials, view(asked.auth[i])) !=
                           reachable.credentials.end();
        if (const auto named = bw::rules::check_auth(given); !named.ok()) return named;
    }
    return {};
}

bw_status say_send(bw_attempt* handle, const bw_send* request) noexcept {
    if (request == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    const bw_send asked = bw::rules::read(*request);
    auto verdict = bw::rules::check_send(attempt.conduct, asked,
                                         attempt.reachable.origins.include(view(asked.url)));
    if (verdict.ok()) verdict = check_names(attempt.reachable, asked);
    attempt.conduct.sent |= verdict.ok();
    say(attempt, Message::send, asked, attempt.given);
    return verdict.status;
}

bw_status say_frame(bw_attempt* handle, std::uint32_t kind) noexcept {
    SpokenAttempt& attempt = attempt_of(handle);
    const auto verdict = bw::rules::check_frame(attempt.conduct, kind);
    if (verdict.ok()) attempt.frame = kind;
    if (spoken_on == &attempt.link) {
        attempt.link.put(Message::frame, Packer().number(attempt.number).number(kind).done());
    }
    return verdict.status;
}

// Whether the JSON is as it must be only the host looks: a plugin has little to do with the answer.
bw_status say_emit(bw_attempt* handle, const bw_emit* piece) noexcept {
    if (piece == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    const bw_emit said = bw::rules::read(*piece);
    say(attempt, Message::emit, said);
    const bool is_json =
        said.must == 0 && said.kind < BW_EMIT_BYTES && bw::rules::detail::may_emit(attempt.conduct);
    const auto status = is_json ? BW_OK : bw::rules::check_emit(attempt.conduct, said).status;
    attempt.conduct.replied |= status == BW_OK && said.kind != BW_EMIT_USAGE;
    return status;
}

bw_status say_header(bw_attempt* handle, const bw_header* header) noexcept {
    if (header == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    if (spoken_on == &attempt.link) {
        Packer text;
        attempt.link.put(Message::reply_header,
                         text.number(attempt.number).text(header->name).text(header->value).done());
    }
    return bw::rules::check_reply_header(attempt.conduct).status;
}

bw_status say_usage(bw_attempt* handle, const bw_usage* used) noexcept {
    if (used == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    say(attempt, Message::usage, bw::rules::read(*used));
    return bw::rules::check_usage(attempt.conduct).status;
}

bw_status say_limits(bw_attempt* handle, const bw_limits* limits) noexcept {
    if (limits == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    say(attempt, Message::limits, bw::rules::read(*limits));
    return bw::rules::check_limits(attempt.conduct).status;
}

bw_status say_attribute(bw_attempt* handle, const bw_attribute* attribute) noexcept {
    if (attribute == nullptr) return BW_E_INTERNAL;
    SpokenAttempt& attempt = attempt_of(handle);
    const bw_attribute said = bw::rules::read(*attribute);
    say(attempt, Message::attribute, said);
    return bw::rules::check_attribute(attempt.conduct, said).status;
}

}  // namespace

void Notes::put(Message message, std::string_view text) {
    const Lock lock(mutex_);
    link_.put(message, text);
    link_.publish();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = write(bell_, &one, sizeof(one));
}

void take_notes_with(Notes& with) { notes = &with; }

Speaking::Speaking(Link& link, const char* function, const Whereabouts& whereabouts,
                   const bw_plugin& table) {
    spoken_on = &link;
    enter_plugin({.function = function,
                  .provider = whereabouts.provider.c_str(),
                  .file = whereabouts.file.c_str(),
                  .version = table.version});
}

Speaking::~Speaking() {
    leave_plugin();
    spoken_on = nullptr;
}

const bw_host_api& spoken_api() {
    static const bw_host_api k_api{.size = sizeof(bw_host_api),
                                   .reserved = 0,
                                   .hello = &hello(),
                                   .fail = say_fail,
                                   .log = say_log,
                                   .count = say_count,
                                   .unix_ms = tell_unix_ms,
                                   .has = tell_has,
                                   .extension = tell_extension,
                                   .send = say_send,
                                   .frame = say_frame,
                                   .emit = say_emit,
                                   .reply_header = say_header,
                                   .usage = say_usage,
                                   .limits = say_limits,
                                   .attribute = say_attribute};
    return k_api;
}

}  // namespace bellwether::plugin::isolated
