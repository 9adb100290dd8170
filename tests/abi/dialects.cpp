// A provider of images, speech and Anthropic's messages that does what its request says, for the
// host's tests. The member `play` is an array of steps, each an object; `most` is what it says that
// the request costs at most, `late` what it tells to have used when the call is closed:
//   {"wait": 50}                                 milliseconds
//   {"reply": {...}}  {"chunk": {...}}           a chunk without the name of an event
//   {"event": "ping", "data": {...}}
//   {"bytes": "abc", "type": "audio/mpeg", "times": 3, "size": 65536}   each filled up to its size
//   {"header": "x-served-by", "value": "..."}    of the reply
//   {"attribute": "...", "value": "..." or 1}
//   {"limit": "requests", "of": 10, "left": 3, "reset": 60000}
//   {"usage": {"input": 3, "image": 2}}
//   {"fail": 6, "status": 529, "message": "...", "code": "...", "raw": "..."}
// A step with {"attempt": 1} is left out of all attempts but that one; they count from 0.
// With "fail_open" in place of `play` the call is not even opened.
#include <bellwether/provider.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using std::chrono::milliseconds;

bw::Usage usage_of(const bw::json::Value& told) {
    bw::Usage usage;
    for (const bw::json::Member& member : told.members()) {
        const std::int64_t amount = member.value().integer().value_or(0);
        bool is_figure = false;
        for (const bw::detail::UsageName& one : bw::detail::k_usage_names) {
            if (!member.key_is(one.name)) continue;
            usage.*one.figure = amount;
            is_figure = true;
        }
        if (!is_figure) usage.units.push_back({member.key(), amount});
    }
    return usage;
}

[[noreturn]] void fail(const bw::json::Value& told) {
    const auto status = told["fail"].integer().value_or(BW_E_UPSTREAM);
    bw::Error error(static_cast<bw_status>(status), told["message"].string("told to fail"));
    error.http_status(static_cast<std::uint32_t>(told["status"].integer().value_or(0)));
    throw error.code(told["code"].string()).raw(told["raw"].string());
}

class Dialects : public bw::Estimates {
  public:
    explicit Dialects(const bw::Setup& setup) : host(setup.host()) {}

    void estimate(const bw::Request& request, bw::Estimate estimate) const {
        const bw::json::Value most = request.json()["most"];
        if (most) estimate.bound({usage_of(most), 0});
    }

    class Call;

    bw::Host host;
};

class Dialects::Call {
  public:
    Call(Dialects& dialects, const bw::Request& request, bw::Attempt attempt)
        : host_(dialects.host), attempt_(attempt), body_(request.body()) {
        const bw::json::Value body(body_);
        if (body["fail_open"]) fail(body["fail_open"]);
        for (const bw::json::Value& step : body["play"].elements()) {
            const auto attempt = step["attempt"].integer();
            if (!attempt || *attempt == request.attempt()) steps_.push_back(step);
        }
        host_.count("opened", 1, request.model());
        attempt_.generate();
    }
    ~Call() {
        host_.count("closed");
        const bw::json::Value late = bw::json::Value(body_)["late"];
        if (late) tell_late(usage_of(late));
    }

    bw::Step step() {
        while (at_ < steps_.size()) {
            if (const auto wait = play(steps_[at_])) return bw::Step::after(*wait);
        }
        return bw::Step::complete();
    }

  private:
    // Nothing is thrown out of a destructor.
    void tell_late(const bw::Usage& usage) const noexcept {
        bw::detail::with_usage(usage, [this](const bw_usage& told) {
            static_cast<void>(attempt_.api().usage(attempt_.handle(), &told));
        });
    }

    // How long to wait before the next one, if at all.
    std::optional<milliseconds> play(const bw::json::Value& step) {
        if (step["bytes"]) return play_bytes(step);
        ++at_;
        if (step["fail"]) fail(step);
        if (step["reply"]) attempt_.emit_reply(step["reply"].raw());
        if (step["chunk"]) attempt_.emit_chunk(step["chunk"].raw());
        if (step["event"]) attempt_.emit_event(step["event"].string(), step["data"].raw());
        if (step["usage"]) attempt_.usage(usage_of(step["usage"]));
        if (step["header"]) {
            attempt_.reply_header(step["header"].string(), step["value"].string());
        }
        if (step["attribute"]) tell_attribute(step["attribute"].string(), step["value"]);
        if (step["limit"]) tell_limit(step);
        if (step["wait"]) return milliseconds(step["wait"].integer().value_or(1));
        return std::nullopt;
    }

    // One piece a step, so that the host can hold the next one back.
    std::optional<milliseconds> play_bytes(const bw::json::Value& step) {
        std::string bytes = step["bytes"].string();
        const auto size = static_cast<std::size_t>(step["size"].integer().value_or(0));
        if (bytes.size() < size) bytes.resize(size, '.');
        attempt_.emit_bytes(bytes, step["type"].string());
        host_.count("pieces");
        if (++repeated_ < step["times"].integer().value_or(1)) return milliseconds(1);
        repeated_ = 0;
        ++at_;
        return std::nullopt;
    }

    void tell_attribute(const std::string& name, const bw::json::Value& value) const {
        if (const auto number = value.integer()) return attempt_.attribute(name, *number);
        attempt_.attribute(name, value.string());
    }

    void tell_limit(const bw::json::Value& step) const {
        const std::string name = step["limit"].string();
        attempt_.limits(
            {{name, step["of"].integer().value_or(0), step["left"].integer().value_or(0),
              milliseconds(step["reset"].integer().value_or(0))}});
    }

    bw::Host host_;
    bw::Attempt attempt_;
    std::string body_;
    std::vector<bw::json::Value> steps_;  // in body_
    std::size_t at_ = 0;
    std::int64_t repeated_ = 0;
};

}  // namespace

BW_PROVIDER(Dialects, "test.dialects", "1.0.0", R"({
    "summary": "does what its request says",
    "operations": ["messages", "count_tokens", "images", "speech"],
    "response_headers": ["x-served-by"],
    "counters": {"opened": "calls", "closed": "calls that are over", "pieces": "of bytes"}
})")
