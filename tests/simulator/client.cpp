#include "client.hpp"

#include <fmt/format.h>

#include "fake_wire.hpp"
#include "front/drained_calls.hpp"
#include "json/value.hpp"
#include "rules.hpp"
#include "words.hpp"

namespace bellwether::simulator {
namespace {

using std::chrono::milliseconds;

// Lines, three attempts with all their limits, and the ledger: nobody waits longer.
constexpr std::chrono::minutes k_patience{10};

}  // namespace

Client::Client(const Plan& plan, std::shared_ptr<front::Context> context, Chance& chance,
               Referee& referee, std::uint64_t number)
    : plan_(plan),
      context_(std::move(context)),
      chance_(chance),
      referee_(referee),
      number_(number),
      alarm_(context_->engine.loop) {}

Call Client::make_call() {
    Call call;
    call.id = id_of_call(number_);
    call.started = Clock::now();
    const char* model = plan_.models[chance_.below(plan_.models.size())];
    const bool stream = !chance_.in(3);
    const std::string user = fmt::format("u{}", chance_.below(5));
    call.body = fmt::format(
        R"({{"model":"{}","messages":[{{"role":"user","content":"{}{} {}"}}],"user":"{}"{}{}{}}})",
        model, k_call_mark, number_, std::string(chance_.below(200), 'x'), user,
        chance_.in(4) ? "" : fmt::format(R"(,"max_tokens":{})", chance_.between(1, 400)),
        stream ? R"(,"stream":true)" : "",
        stream && chance_.in(2) ? R"(,"stream_options":{"include_usage":true})" : "");
    auto deadline = Clock::time_point::max();
    if (plan_.is_wild && chance_.in(10)) {
        const milliseconds timeout = chance_.wait(1, 20'000);
        call.timeout = fmt::format("{}ms", timeout.count());
        deadline = call.started + timeout;
    }
    referee_.asked(model, user, deadline);
    return call;
}

void Client::ask() {
    asked_ = Clock::now();
    call_ = std::make_unique<front::LiveCall>(*context_, *this, make_call(), nullptr, "10.0.0.1");
    schedule_whim();
    call_->start();
}

// Most read on to the end.
void Client::schedule_whim() {
    if (plan_.is_wild && chance_.in(4)) {
        alarm_.set(Clock::now() + chance_.wait(0, 3'000),
                   [self = shared_from_this()] { self->have_whim(); });
    }
}

void Client::have_whim() {
    if (phase_ == Phase::finished || call_ == nullptr) return;
    if (reads_slowly_) {
        reads_slowly_ = false;
        call_->resume();
        return schedule_whim();
    }
    if (phase_ == Phase::streaming && chance_.in(2)) {
        reads_slowly_ = true;
        const milliseconds nap = chance_.wait(1, 20'000);
        asleep_ += nap;
        call_->pause();
        return alarm_.set(Clock::now() + nap, [self = shared_from_this()] { self->have_whim(); });
    }
    hang_up();
}

void Client::hang_up() {
    phase_ = Phase::finished;
    end_ = Happening::left;
    const config::OnDisconnect what = call_->on_disconnect();
    if (what.drains) {
        context_->drained_calls.adopt(context_, std::move(call_), {}, what.longest);
    } else {
        call_->abandoned();
        call_.reset();
    }
}

void Client::require_phase(Phase phase, const char* what) {
    require(phase_ == phase, fmt::format("call {}: {} comes at its time", number_, what));
}

void Client::respond(int status, std::string_view, std::string_view body) {
    require_phase(Phase::waiting, "a whole answer");
    phase_ = Phase::ended;
    require(json::valid(body), fmt::format("call {}: an answer is JSON", number_));
    const json::Value answer(body);
    const bool good = status == 200;
    require(good || (status >= 400 && answer["error"]["message"]),
            fmt::format("call {}: status {} has an answer or an error", number_, status));
    end_ = good ? Happening::answered : Happening::refused;
    if (!good) return read_error(body);
    read_text(answer["choices"].at(0)["message"]["content"].string());
}

void Client::begin_stream(std::string_view) {
    require_phase(Phase::waiting, "the head of a stream");
    phase_ = Phase::streaming;
    end_ = Happening::answered;
}

void Client::event(std::string_view text) {
    require_phase(Phase::streaming, "an event");
    require(json::valid(text), fmt::format("call {}: an event is JSON", number_));
    const json::Value chunk(text);
    if (chunk["error"]) {
        end_ = Happening::broken_off;
        read_error(text);
    } else {
        referee_.heard(number_);
        read_chunk(chunk);
    }
    read_text(chunk["choices"].at(0)["delta"]["content"].string());
}

void Client::comment() { require_phase(Phase::streaming, "a comment"); }

void Client::end_stream() {
    require_phase(Phase::streaming, "the end of a stream");
    phase_ = Phase::ended;
}

void Client::finished() {
    require_phase(Phase::ended, "the end");
    phase_ = Phase::finished;
    require(Clock::now() - asked_ - asleep_ < k_patience,
            fmt::format("call {}: its wait is bounded", number_));
    alarm_.cancel();
    call_.reset();
}

void Client::read_error(std::string_view body) {
    const json::Value error = json::Value(body)["error"];
    referee_.told(number_, error["code"].string(), error["message"].string());
}

// Each is of the same exchange, in order, and comes once.
void Client::read_text(std::string_view text) {
    const Words words = read_words(text);
    if (words.count == 0) return;
    if (words_.count == 0) words_.exchange = words.exchange;
    require(words.exchange == words_.exchange,
            fmt::format("call {}: all words are of one answer", number_));
    require(words.end - words.count == words_.count,
            fmt::format("call {}: each word comes once, in order", number_));
    words_.count += words.count;
    referee_.reads(number_, text);
}

// Of a chunk: all have one id, the role comes once, and nothing after the last word.
void Client::read_chunk(const json::Value& chunk) {
    const std::string id = chunk["id"].string();
    if (id_.empty()) id_ = id;
    require(id == id_, fmt::format("call {}: chunks are of one answer", number_));
    const json::Value choice = chunk["choices"].at(0);
    roles_ += choice["delta"]["role"] ? 1 : 0;
    require(roles_ <= 1, fmt::format("call {}: the role comes once", number_));
    if (choice["finish_reason"].kind() == json::Kind::string) referee_.reads_end(number_);
}

}  // namespace bellwether::simulator
