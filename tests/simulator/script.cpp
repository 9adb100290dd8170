#include "script.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/clock.hpp"

namespace bellwether::simulator {
namespace {

using std::chrono::milliseconds;

// The most tokens that the mark of one word is counted as.
constexpr std::int64_t k_tokens_of_word = 10;

std::string event(std::string_view data) { return fmt::format("data: {}\n\n", data); }

// `id`: differs from one exchange to the next.
std::string chunk(std::uint64_t id, std::string_view delta, std::string_view finish) {
    return event(fmt::format(
        R"({{"id":"c{}","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{},"finish_reason":{}}}]}})",
        id, delta, finish));
}

std::string usage(std::int64_t output) {
    return fmt::format(R"({{"prompt_tokens":9,"completion_tokens":{},"total_tokens":{}}})", output,
                       9 + output);
}

// Marked with the exchange and the number of the word.
std::string word(std::uint64_t exchange, std::int64_t number) {
    return fmt::format("<{}:{}>", exchange, number);
}

struct Body {
    std::string text;
    bool is_whole = true;          // it ends as an answer does
    std::size_t content_ends = 0;  // so many bytes have the first content; 0: there is none
};

// The body of a good answer.
Body stream_body(Chance& chance, const Asked& asked, std::int64_t words) {
    const std::uint64_t id = chance.below(1'000'000);
    Body body;
    if (!chance.in(3)) body.text += chunk(id, R"({"role":"assistant","content":""})", "null");
    if (chance.in(8)) body.text += ": keep-alive\n\n";
    for (std::int64_t i = 0; i < words; ++i) {
        body.text += chunk(
            id, fmt::format(R"({{"content":"{}"}})", word(asked.exchange, asked.first_word + i)),
            "null");
        if (i == 0) body.content_ends = body.text.size();
    }
    if (!chance.in(20)) {
        body.text += chunk(id, "{}", R"("stop")");
        if (words == 0) body.content_ends = body.text.size();  // that says something as well
    } else {
        body.is_whole = false;
    }
    if (!chance.in(4)) {
        body.text +=
            event(fmt::format(R"({{"id":"c{}","choices":[],"usage":{}}})", id, usage(words * 4)));
    }
    if (!chance.in(10)) body.text += event("[DONE]");
    return body;
}

Body plain_body(Chance& chance, std::uint64_t exchange, std::int64_t words) {
    std::string text;
    for (std::int64_t i = 0; i < words; ++i) text += word(exchange, i);
    return {
        .text = fmt::format(
            R"({{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}]{}}})",
            text, chance.in(5) ? "" : ",\"usage\":" + usage(words * 4))};
}

Script failure(Chance& chance) {
    constexpr net::FailureKind k_kinds[] = {
        net::FailureKind::resolve, net::FailureKind::connect, net::FailureKind::connect_timeout,
        net::FailureKind::tls,     net::FailureKind::cut,     net::FailureKind::protocol};
    return {{chance.wait(0, 2'000),
             End{net::Failure{k_kinds[chance.below(std::size(k_kinds))], "it failed", 0, ""}}}};
}

Script nobody_there(Chance& chance) {
    const bool refused = chance.in(2);
    return {
        {refused ? milliseconds(1) : chance.wait(1'000, 2'000),
         End{net::Failure{refused ? net::FailureKind::connect : net::FailureKind::connect_timeout,
                          "nobody is there", 0, ""}}}};
}

// When to come back, in one of the forms that upstreams use.
void say_when(Chance& chance, Head& head, std::string& body, std::string_view code) {
    const std::int64_t seconds = chance.between(0, 20);
    switch (chance.below(6)) {
        case 0: head.wait_name = "retry-after", head.wait = std::to_string(seconds); break;
        case 1:
            head.wait_name = "retry-after-ms";
            head.wait = std::to_string(chance.between(0, 9'000));
            break;
        case 2:
            head.wait_name = "retry-after";
            head.wait = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                                    std::chrono::floor<std::chrono::seconds>(Clock::wall()) +
                                        std::chrono::seconds(seconds));
            break;
        case 3:
            body =
                fmt::format(R"({{"error":{{"message":"Please try again in {}s.","code":"{}"}}}})",
                            seconds, code);
            break;
        default: break;  // it does not say
    }
}

Script refusal(Chance& chance, int status, std::string_view code) {
    Head head{.status = status, .content_type = "application/json", .wait_name = "", .wait = ""};
    std::string body =
        fmt::format(R"({{"error":{{"message":"no","type":"x","code":"{}"}}}})", code);
    if (status == 429 || status == 503) say_when(chance, head, body, code);
    return {{chance.wait(1, 500), std::move(head)},
            {chance.wait(0, 5), std::move(body)},
            {milliseconds(0), End{}}};
}

Answer refusal_of_prompt(Chance& chance) {
    if (chance.in(2)) {
        return {.steps = refusal(chance, 400, "content_filter"), .blame = Blame::content};
    }
    return {.steps = refusal(chance, 400, "context_length_exceeded"), .blame = Blame::length};
}

Answer refusal_of_key(Chance& chance, int status) {
    return {.steps = refusal(chance, status, "refused_here"),
            .blame = Blame::key,
            .of_key = OfKey::refuses};
}

Answer refusal(Chance& chance) {
    constexpr int k_statuses[] = {400, 401, 403, 404, 408, 413, 422, 429, 429, 500, 502, 503, 529};
    if (chance.in(6)) return refusal_of_prompt(chance);
    const int status = k_statuses[chance.below(std::size(k_statuses))];
    const bool wrong = status == 400 || status == 422;
    if (status >= 401 && status <= 403) return refusal_of_key(chance, status);
    return {.steps = refusal(chance, status, "refused_here"),
            .blame = wrong           ? Blame::request
                     : status == 413 ? Blame::length
                     : status == 429 ? Blame::key
                                     : Blame::upstream};
}

Script storm(Chance& chance) {
    constexpr int k_statuses[] = {500, 502, 503, 503, 503, 504, 529};
    return refusal(chance, k_statuses[chance.below(std::size(k_statuses))], "refused_here");
}

Answer full(Chance& chance) {
    return {.steps = refusal(chance, 429, "rate_limit_exceeded"), .blame = Blame::key};
}

// Without a word on when to come back.
Script unavailable(Chance& chance) {
    return {{chance.wait(1, 50),
             Head{.status = 503, .content_type = "application/json", .wait_name = "", .wait = ""}},
            {milliseconds(0), std::string(R"({"error":{"message":"no","type":"x","code":"y"}})")},
            {milliseconds(0), End{}}};
}

// A good answer, cut where the wire cuts it.
Answer good(Chance& chance, const Asked& asked, std::int64_t slowness) {
    const std::int64_t words = asked.stream ? chance.between(0, 6) : chance.between(1, 5);
    Answer answer{.is_true = asked.max_tokens == 0 || words * k_tokens_of_word <= asked.max_tokens};
    answer.steps.push_back(
        {chance.wait(1, 800) * slowness,
         Head{.status = 200,
              .content_type = asked.stream ? "text/event-stream" : "application/json",
              .wait_name = "",
              .wait = ""}});
    const Body body = asked.stream ? stream_body(chance, asked, words)
                                   : plain_body(chance, asked.exchange, words);
    answer.of_key = body.is_whole ? OfKey::accepts : OfKey::unclear;
    for (std::size_t at = 0; at < body.text.size();) {
        const std::size_t length = 1 + chance.below(200);
        const bool has_content = at < body.content_ends && body.content_ends <= at + length;
        answer.steps.push_back(
            {chance.wait(0, 400) * slowness, body.text.substr(at, length), has_content});
        at += length;
    }
    answer.steps.push_back({milliseconds(0), End{}, !asked.stream});
    return answer;
}

// Ends too early, or never: what has come so far stays.
void spoil(Chance& chance, Script& script) {
    const std::size_t size = 1 + chance.below(script.size() - 1);  // without its end
    script.erase(script.begin() + static_cast<std::ptrdiff_t>(size), script.end());
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

Answer mostly_good(Chance& chance, const Asked& asked, std::int64_t slowness) {
    if (asked.is_often_refused && chance.in(3)) return refusal_of_prompt(chance);
    switch (chance.below(60)) {
        case 0: return {.steps = failure(chance)};
        case 1:
        case 2:
        case 3: return refusal(chance);
        case 4: return {};  // silence from the beginning
        default: break;
    }
    Answer answer = good(chance, asked, slowness);
    if (chance.in(15)) {
        spoil(chance, answer.steps);
        answer.of_key = OfKey::unclear;
    }
    return answer;
}

}  // namespace

Answer answer_of(Chance& chance, Sky sky, const Asked& asked) {
    switch (sky) {
        case Sky::dead: return {.steps = nobody_there(chance)};
        case Sky::silent: return {};
        case Sky::storm: return {.steps = storm(chance)};
        case Sky::full: return full(chance);
        case Sky::refusing: return {.steps = unavailable(chance)};
        case Sky::slow: return mostly_good(chance, asked, 10);
        case Sky::fair: return mostly_good(chance, asked, 1);
    }
    return {};
}

Answer answer_of(Chance& chance, KeySky sky) {
    switch (sky) {
        case KeySky::refused: return refusal_of_key(chance, 401);
        case KeySky::empty: return refusal_of_key(chance, 402);
        case KeySky::full: return full(chance);
        case KeySky::good: break;
    }
    return {};
}

}  // namespace bellwether::simulator
