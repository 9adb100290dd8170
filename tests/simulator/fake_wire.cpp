#include "fake_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <variant>

#include "net/alarm.hpp"

namespace bw::simulator {
namespace {

using std::chrono::milliseconds;

struct Head {
    int status;
    std::string content_type;
    std::string retry_after;  // empty: none
};
struct End {
    std::optional<net::Failure> failure;
};
// What comes next, and how long after what came before.
struct Step {
    milliseconds wait;
    std::variant<Head, std::string, End> what;
};
using Script = std::deque<Step>;

std::string event(std::string_view data) { return fmt::format("data: {}\n\n", data); }

std::string chunk(std::string_view delta, std::string_view finish) {
    return event(fmt::format(
        R"({{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{},"finish_reason":{}}}]}})",
        delta, finish));
}

std::string usage(std::int64_t output) {
    return fmt::format(R"({{"prompt_tokens":9,"completion_tokens":{},"total_tokens":{}}})", output,
                       9 + output);
}

// Marked with the exchange and the number of the word.
std::string word(std::uint64_t exchange, std::int64_t number) {
    return fmt::format("<{}:{}>", exchange, number);
}

// The body of a good answer.
std::string stream_body(Chance& chance, std::uint64_t exchange) {
    std::string body;
    if (!chance.in(3)) body += chunk(R"({"role":"assistant","content":""})", "null");
    if (chance.in(8)) body += ": keep-alive\n\n";
    const std::int64_t words = chance.between(0, 6);
    for (std::int64_t i = 0; i < words; ++i) {
        body += chunk(fmt::format(R"({{"content":"{}"}})", word(exchange, i)), "null");
    }
    if (!chance.in(20)) body += chunk("{}", R"("stop")");
    if (!chance.in(4)) {
        body += event(fmt::format(R"({{"id":"c","choices":[],"usage":{}}})", usage(words * 4)));
    }
    if (!chance.in(10)) body += event("[DONE]");
    return body;
}

std::string plain_body(Chance& chance, std::uint64_t exchange) {
    std::string text;
    const std::int64_t words = chance.between(1, 5);
    for (std::int64_t i = 0; i < words; ++i) text += word(exchange, i);
    return fmt::format(
        R"({{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}]{}}})",
        text, chance.in(5) ? "" : ",\"usage\":" + usage(words * 4));
}

Script failure(Chance& chance) {
    constexpr net::FailureKind k_kinds[] = {
        net::FailureKind::resolve, net::FailureKind::connect, net::FailureKind::connect_timeout,
        net::FailureKind::tls,     net::FailureKind::cut,     net::FailureKind::protocol};
    return {{chance.wait(0, 2'000),
             End{net::Failure{k_kinds[chance.below(std::size(k_kinds))], "it failed", 0, ""}}}};
}

Script refusal(Chance& chance) {
    constexpr int k_statuses[] = {400, 401, 403, 404, 408, 413, 429, 429, 429, 500, 502, 503, 529};
    const int status = k_statuses[chance.below(std::size(k_statuses))];
    const bool hint = status == 429 && chance.in(2);
    return {{chance.wait(1, 500),
             Head{status, "application/json", hint ? std::to_string(chance.between(0, 20)) : ""}},
            {chance.wait(0, 5),
             std::string(R"({"error":{"message":"no","type":"x","code":"refused_here"}})")},
            {milliseconds(0), End{}}};
}

// A good answer, cut where the wire cuts it.
Script answer(Chance& chance, bool stream, std::uint64_t exchange) {
    Script script{
        {chance.wait(1, 800), Head{200, stream ? "text/event-stream" : "application/json", ""}}};
    const std::string body = stream ? stream_body(chance, exchange) : plain_body(chance, exchange);
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t length = 1 + chance.below(200);
        script.push_back({chance.wait(0, 400), body.substr(at, length)});
        at += length;
    }
    script.push_back({milliseconds(0), End{}});
    return script;
}

// Ends too early, or never: what has come so far stays.
void spoil(Chance& chance, Script& script) {
    script.resize(1 + chance.below(script.size()));
    switch (chance.below(4)) {
        case 0:
            script.push_back({chance.wait(0, 50),
                              End{net::Failure{net::FailureKind::cut, "it was cut", 0, ""}}});
            break;
        case 1: script.push_back({chance.wait(0, 50), End{}}); break;
        case 2:
            script.push_back({chance.wait(0, 50), std::string("\0\xFF{\"error\": nonsense", 20)});
            script.push_back({milliseconds(0), End{}});
            break;
        default: break;  // silence
    }
}

Script script_of(Chance& chance, bool stream, std::uint64_t exchange) {
    switch (chance.below(20)) {
        case 0: return failure(chance);
        case 1:
        case 2: return refusal(chance);
        case 3: return {};  // silence from the beginning
        default: break;
    }
    Script script = answer(chance, stream, exchange);
    if (chance.in(6)) spoil(chance, script);
    return script;
}

}  // namespace

// One exchange.
class FakeWire::Line final : public net::Sending, public std::enable_shared_from_this<Line> {
  public:
    Line(FakeWire& wire, net::Events& events, Script script)
        : wire_(wire), events_(&events), script_(std::move(script)), alarm_(wire.loop_) {
        ++wire_.under_way_;
    }

    void go() {
        if (script_.empty()) return;
        alarm_.set(Clock::now() + script_.front().wait,
                   [self = shared_from_this()] { self->due(); });
    }

    bool sent() const override { return !refused_; }
    void cancel() override {
        events_ = nullptr;
        alarm_.cancel();
        --wire_.under_way_;
    }
    void pause() override { paused_ = true; }
    void resume() override {
        if (!std::exchange(paused_, false) || !std::exchange(held_, false)) return;
        alarm_.set(Clock::now(), [self = shared_from_this()] { self->due(); });
    }

  private:
    void due() {
        if (paused_) {
            held_ = true;
            return;
        }
        const Step step = std::move(script_.front());
        script_.pop_front();
        const auto self = shared_from_this();
        std::visit([this](const auto& what) { deliver(what); }, step.what);
        if (events_ != nullptr) go();
    }

    void deliver(const Head& head) {
        std::vector<net::Header> headers{{"content-type", head.content_type}};
        if (!head.retry_after.empty()) headers.push_back({"retry-after", head.retry_after});
        events_->on_head(head.status, headers);
    }
    void deliver(const std::string& bytes) { events_->on_data(bytes); }
    void deliver(const End& end) {
        script_.clear();
        refused_ = end.failure && end.failure->kind < net::FailureKind::cut;
        events_->on_end(end.failure);
    }

    FakeWire& wire_;
    net::Events* events_;  // null: dropped
    Script script_;
    net::Alarm alarm_;
    bool paused_ = false;
    bool held_ = false;     // a step fell due meanwhile
    bool refused_ = false;  // nothing was sent
};

net::Exchange FakeWire::start(net::Request request, net::Events& events) {
    const bool stream = request.body.find(R"("stream":true)") != std::string_view::npos;
    const auto line = std::make_shared<Line>(*this, events, script_of(chance_, stream, ++started_));
    line->go();
    return net::Exchange(line);
}

}  // namespace bw::simulator
