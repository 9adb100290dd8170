#include "fake_wire.hpp"

#include <charconv>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "json/value.hpp"
#include "net/alarm.hpp"
#include "words.hpp"

namespace bellwether::simulator {
namespace {

// The number that a client has written into its prompt (client.cpp).
std::uint64_t call_in(std::string_view body) {
    std::uint64_t number = 0;
    const auto at = body.find(k_call_mark);
    if (at == body.npos) return 0;
    std::from_chars(body.data() + at + k_call_mark.size(), body.data() + body.size(), number);
    return number;
}

// "a" of "https://a.test/v1/chat/completions".
std::string_view provider_in(std::string_view url) {
    const auto begin = url.find("://") + 3;
    return url.substr(begin, url.find('.', begin) - begin);
}

// 2 of "authorization: Bearer key-2", as is the third of its provider's keys; nothing: no key.
std::optional<std::size_t> key_in(std::span<const std::string> headers) {
    for (const std::string& header : headers) {
        const auto at = header.find(k_key_mark);
        if (at != header.npos) return header.at(at + k_key_mark.size()) - '0';
    }
    return std::nullopt;
}

// What the request says of the answer that it wants the rest of; empty: it wants a whole one.
std::string begun_answer(const json::Value& body) {
    json::Value last;
    for (const json::Value& message : body["messages"].elements()) last = message;
    return last["partial"].boolean(false) ? last["content"].string() : std::string();
}

}  // namespace

// One exchange.
class FakeWire::Line final : public net::Sending, public std::enable_shared_from_this<Line> {
  public:
    Line(FakeWire& wire, net::Events& events, Script script, std::uint64_t call, std::size_t number)
        : wire_(wire),
          events_(&events),
          script_(std::move(script)),
          call_(call),
          number_(number),
          alarm_(wire.loop_) {
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
        wire_.referee_.closed(call_, number_);
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
        if (step.has_content) wire_.referee_.content(call_, number_);
        if (events_ != nullptr) go();
    }

    void deliver(const Head& head) {
        std::vector<net::Header> headers{{"content-type", head.content_type}};
        if (!head.wait_name.empty()) headers.push_back({head.wait_name, head.wait});
        events_->on_head(head.status, headers);
    }
    void deliver(const std::string& bytes) { events_->on_data(bytes); }
    void deliver(const End& end) {
        script_.clear();
        wire_.referee_.answered(call_, number_);
        refused_ = end.failure && end.failure->kind < net::FailureKind::cut;
        events_->on_end(end.failure);
    }

    FakeWire& wire_;
    net::Events* events_;  // null: dropped
    Script script_;
    const std::uint64_t call_;
    const std::size_t number_;  // of the try, within its call
    net::Alarm alarm_;
    bool paused_ = false;
    bool held_ = false;     // a step fell due meanwhile
    bool refused_ = false;  // nothing was sent
};

net::Exchange FakeWire::start(net::Request request, net::Events& events) {
    const json::Value body(request.body);
    const std::uint64_t call = call_in(request.body);
    const std::string provider(provider_in(request.url));
    const std::string model = body["model"].string();
    ++started_;
    const std::string said = begun_answer(body);
    const Words words = read_words(said);
    const Asked asked{.exchange = said.empty() ? started_ : words.exchange,
                      .first_word = words.end,
                      .stream = body["stream"].boolean(false),
                      .max_tokens = body["max_tokens"].integer().value_or(0),
                      .is_often_refused = model == "long"};
    const auto key = key_in(request.headers);
    const auto begun = referee_.try_begins(
        call,
        {.provider = provider, .model = model, .key = key.value_or(0), .body = body, .said = said});
    if (begun.second) ledger_.require_held(id_of_call(call), 2 * asked.max_tokens);
    const Sky sky = plan_.sky ? *plan_.sky : weather_[provider].sky(chance_, Clock::now());
    const KeySky of_key = key ? keys_[{provider, *key}].sky(chance_, Clock::now()) : KeySky::good;
    Answer answer =
        of_key == KeySky::good ? answer_of(chance_, sky, asked) : answer_of(chance_, of_key);
    referee_.foretell(call, begun.number, answer);
    const auto line =
        std::make_shared<Line>(*this, events, std::move(answer.steps), call, begun.number);
    line->go();
    return net::Exchange(line);
}

}  // namespace bellwether::simulator
