// The services of the host for tests, and the rules that it watches. Part of
// <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/rules.hpp>
#include <bellwether/testing/call.hpp>
#include <bellwether/testing/wakes.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

namespace detail {

inline bw_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(bw_str text) {
    if (text.ptr == nullptr) return {};  // as the host reads it
    return {text.ptr, text.len};
}

template <typename Struct>
Struct sized() {
    Struct out = {};
    out.size = static_cast<std::uint32_t>(sizeof out);
    return out;
}

inline Failed read_error(const bw_error& error) {
    Failed failed;
    failed.status = error.status;
    failed.message = to_view(error.message);
    failed.code = to_view(error.code);
    failed.type = to_view(error.type);
    failed.param = to_view(error.param);
    failed.raw = to_view(error.raw);
    failed.http_status = error.http_status;
    failed.retry_after_ms = error.retry_after_ms;
    return failed;
}

}  // namespace detail

class FakeHost;

// The host's side of one attempt: what a bw_attempt points to.
struct FakeAttempt {
    FakeHost* host = nullptr;
    Result result;
    std::string_view request_body;
    std::string base_url;
    rules::Conduct conduct;
    bool has_step = false;       // the plugin's side of bw.engine/1
    bw_ticket ticket = 0;        // of a call that has begun to answer by itself
    std::optional<Failed> told;  // why the function that runs fails
    std::optional<Sent> asked;   // what it has sent
    std::uint32_t frame = 0;     // chosen in call_head
    bool frame_chosen = false;
    std::optional<Failed> refused;  // what this host could not do for it
};

// The host's side of one estimate: what a bw_estimate points to.
struct FakeEstimate {
    FakeHost* host = nullptr;
    Estimated told;
};

// The host's services, and the record of what went wrong with them. What it records may be read
// once no thread of a plugin's runs.
class FakeHost {
  public:
    FakeHost() {
        hello_.size = sizeof hello_;
        hello_.abi_minor = BW_ABI_MINOR;
        hello_.name = "bellwether-testing";
        hello_.version = "1";
        api_.size = sizeof api_;
        api_.hello = &hello_;
        api_.fail = &fail;
        api_.log = &log;
        api_.count = &count;
        api_.unix_ms = &unix_ms;
        api_.has = &has;
        api_.extension = &extension;
        api_.send = &send;
        api_.frame = &frame;
        api_.emit = &emit;
        api_.reply_header = &reply_header;
        api_.usage = &usage;
        api_.limits = &limits;
        api_.attribute = &attribute;
    }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    std::set<std::string> secrets;        // the names of the credentials that are there
    std::int64_t now_ms = 1767225600000;  // 2026-01-01T00:00:00Z
    bool has_engine = true;               // false: a host without bw.engine/1
    std::set<std::string> origins;        // "https://files.test", beside that of base_url
    std::vector<std::pair<std::int32_t, std::string>> logs;
    std::map<std::string, std::int64_t> counted;  // the plugin's counters
    std::vector<std::string> misbehaviours;       // the rules that the plugin broke

    const bw_host_api* api() const { return &api_; }
    const bw_hello* hello() const { return &hello_; }
    bw_host* handle() { return reinterpret_cast<bw_host*>(this); }
    void misbehaved(std::string rule) {
        const std::lock_guard<std::mutex> lock(mutex_);
        misbehaviours.push_back(std::move(rule));
    }
    // What the function of the plugin failed with that has just returned, about no attempt.
    std::optional<Failed> take_told() { return std::exchange(told_, {}); }
    // Whether the provider may send to this URL.
    bool may_talk_to(std::string_view url, std::string_view base_url) const {
        const std::string origin = rules::origin(url);
        if (origin.empty()) return false;
        if (rules::origin(base_url) == origin) return true;
        for (const std::string& one : origins) {
            if (rules::origin(one) == origin) return true;
        }
        return false;
    }
    // How often wake was called so far, by any thread.
    std::size_t wakes() const { return wakes_.count(); }
    // Which calls of engines a step is due of.
    Wakes& due() { return wakes_; }

  private:
    static FakeHost& self(bw_host* host) { return *reinterpret_cast<FakeHost*>(host); }
    static FakeAttempt& self(bw_attempt* attempt) {
        return *reinterpret_cast<FakeAttempt*>(attempt);
    }
    // Writes down what the verdict says, and gives the status that the plugin sees.
    static bw_status take(FakeAttempt& attempt, const rules::Verdict& verdict) {
        if (verdict.status == BW_E_INTERNAL) attempt.host->misbehaved(verdict.why);
        if (verdict.status == BW_E_UNSUPPORTED) {
            attempt.refused.emplace();
            attempt.refused->status = verdict.status;
            attempt.refused->message = verdict.why;
        }
        return verdict.status;
    }

    static bw_status fail(bw_host* host, bw_attempt* attempt, const bw_error* error) noexcept {
        const Failed told = detail::read_error(rules::read(*error));
        (attempt == nullptr ? self(host).told_ : self(attempt).told) = told;
        return error->status;
    }
    static void log(bw_host* host, bw_attempt*, const bw_log* line) noexcept {
        const bw_log said = rules::read(*line);
        const std::lock_guard<std::mutex> lock(self(host).mutex_);
        self(host).logs.emplace_back(said.level, detail::to_view(said.message));
    }
    static void count(bw_host* host, bw_attempt*, const bw_count* told) noexcept {
        const bw_count said = rules::read(*told);
        const std::lock_guard<std::mutex> lock(self(host).mutex_);
        self(host).counted[std::string(detail::to_view(said.name))] += said.add;
    }
    static std::int64_t unix_ms(bw_host* host) noexcept { return self(host).now_ms; }
    static std::int32_t has(bw_host* host, const char* capability) noexcept {
        const std::string_view name(capability);
        if (name == BW_EXT_ENGINE) return self(host).has_engine ? 1 : 0;
        for (const char* known :
             {BW_EXT_MODELS, BW_EXT_ESTIMATE, "frame.aws", "frame.item", "emit.bytes"}) {
            if (name == known) return 1;
        }
        return name.substr(0, 5) == "auth." ? 1 : 0;
    }
    static const void* extension(bw_host* host, const char* id) noexcept {
        static constexpr bw_engine_host engine = {sizeof(bw_engine_host), 0, &begin, &wake};
        if (self(host).has_engine && std::string_view(id) == BW_EXT_ENGINE) return &engine;
        static constexpr bw_models_host models = {sizeof(bw_models_host), 0, &add_model};
        if (std::string_view(id) == BW_EXT_MODELS) return &models;
        static constexpr bw_estimate_host estimates = {sizeof(bw_estimate_host), 0, &bound};
        return std::string_view(id) == BW_EXT_ESTIMATE ? &estimates : nullptr;
    }
    static bw_status bound(bw_estimate* handle, const bw_usage* most) noexcept {
        FakeEstimate& estimate = *reinterpret_cast<FakeEstimate*>(handle);
        const bw_usage told = rules::read(*most);
        const rules::Verdict verdict = rules::check_bound(told);
        if (!verdict.ok()) estimate.host->misbehaved(verdict.why);
        for (std::size_t i = 0; i < told.amount_count; ++i) {
            const bw_amount& amount = told.amounts[i];
            estimate.told.most[std::string(detail::to_view(amount.name))] = amount.amount;
        }
        estimate.told.cost_nano = told.cost_nano;
        estimate.told.tier = detail::to_view(told.tier);
        return verdict.status;
    }
    static bw_status add_model(bw_attempt* handle, const bw_model* model) noexcept {
        FakeAttempt& attempt = self(handle);
        const bw_model told = rules::read(*model);
        attempt.result.models.emplace_back(detail::to_view(told.id));
        return take(attempt, rules::check_add(attempt.conduct));
    }
    static bw_ticket begin(bw_attempt* handle) noexcept {
        FakeAttempt& attempt = self(handle);
        if (take(attempt, rules::check_begin(attempt.conduct, attempt.has_step)) != BW_OK) return 0;
        attempt.conduct.engine = true;
        attempt.ticket = attempt.host->wakes_.begin();
        return attempt.ticket;
    }
    static void wake(bw_host* host, bw_ticket ticket) noexcept { self(host).wakes_.wake(ticket); }
    static bw_status send(bw_attempt* handle, const bw_send* request) noexcept {
        FakeAttempt& attempt = self(handle);
        const bw_send asked = rules::read(*request);
        const bool own = attempt.host->may_talk_to(detail::to_view(asked.url), attempt.base_url);
        const bw_status status = take(attempt, rules::check_send(attempt.conduct, asked, own));
        attempt.asked = sent_of(attempt, asked);
        attempt.conduct.sent = true;
        if (status == BW_OK) attempt.refused.reset();
        return status;
    }
    static Sent sent_of(FakeAttempt& attempt, const bw_send& asked) {
        Sent sent;
        sent.method = detail::to_view(asked.method);
        sent.url = detail::to_view(asked.url);
        sent.frame = asked.frame;
        sent.wait_ms = asked.wait_ms;
        for (std::size_t i = 0; i < asked.header_count; ++i) {
            sent.headers.emplace_back(rules::detail::lower(detail::to_view(asked.headers[i].name)),
                                      detail::to_view(asked.headers[i].value));
        }
        for (std::size_t i = 0; i < asked.auth_count; ++i) {
            sent.auth.emplace_back(detail::to_view(asked.auth[i]));
            take(attempt, rules::check_auth(attempt.host->secrets.count(sent.auth.back()) != 0));
        }
        const std::string_view given = attempt.request_body;
        for (std::size_t i = 0; i < asked.body_count; ++i) {
            const std::string_view part = detail::to_view(asked.body[i].bytes);
            const bool within =
                part.empty() || (part.data() >= given.data() &&
                                 part.data() + part.size() <= given.data() + given.size());
            sent.body_borrowed = sent.body_borrowed && within;
            sent.body.append(part);
        }
        return sent;
    }
    static bw_status frame(bw_attempt* handle, std::uint32_t kind) noexcept {
        FakeAttempt& attempt = self(handle);
        attempt.frame = kind;
        attempt.frame_chosen = true;
        return take(attempt, rules::check_frame(attempt.conduct, kind));
    }
    static bw_status emit(bw_attempt* handle, const bw_emit* piece) noexcept {
        FakeAttempt& attempt = self(handle);
        const bw_emit said = rules::read(*piece);
        const bw_status status = take(attempt, rules::check_emit(attempt.conduct, said));
        attempt.conduct.replied = attempt.conduct.replied || said.kind != BW_EMIT_USAGE;
        attempt.result.emitted.push_back({said.kind, std::string(detail::to_view(said.data)),
                                          std::string(detail::to_view(said.event)),
                                          std::string(detail::to_view(said.content_type))});
        return status;
    }
    static bw_status reply_header(bw_attempt* handle, const bw_header* header) noexcept {
        FakeAttempt& attempt = self(handle);
        attempt.result.reply_headers.emplace_back(detail::to_view(header->name),
                                                  detail::to_view(header->value));
        return take(attempt, rules::check_reply_header(attempt.conduct));
    }
    static bw_status usage(bw_attempt* handle, const bw_usage* used) noexcept {
        FakeAttempt& attempt = self(handle);
        attempt.result.take(rules::read(*used));
        return take(attempt, rules::check_usage(attempt.conduct));
    }
    static bw_status limits(bw_attempt* handle, const bw_limits* told) noexcept {
        FakeAttempt& attempt = self(handle);
        const bw_limits limits = rules::read(*told);
        for (std::size_t i = 0; i < limits.count; ++i) {
            const bw_limit& one = limits.limits[i];
            attempt.result.limits.push_back(
                {std::string(detail::to_view(one.name)), one.limit, one.remaining, one.reset_ms});
        }
        return take(attempt, rules::check_limits(attempt.conduct));
    }
    static bw_status attribute(bw_attempt* handle, const bw_attribute* told) noexcept {
        FakeAttempt& attempt = self(handle);
        const bw_attribute said = rules::read(*told);
        std::string value(detail::to_view(said.text));
        if (said.type == BW_INTEGER) value = std::to_string(said.integer);
        if (said.type == BW_REAL) value = std::to_string(said.real);
        if (said.type == BW_BOOLEAN) value = said.integer != 0 ? "true" : "false";
        attempt.result.attributes.emplace_back(detail::to_view(said.name), std::move(value));
        return take(attempt, rules::check_attribute(attempt.conduct, said));
    }

    bw_hello hello_ = {};
    bw_host_api api_ = {};
    std::optional<Failed> told_;
    std::mutex mutex_;  // guards what threads of a plugin's add to
    Wakes wakes_;
};

}  // namespace bw::testing
