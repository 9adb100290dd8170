// What a request asks of the parrot, or why it cannot be served.
#pragma once

#include <bellwether/chat/request.hpp>
#include <bellwether/provider.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sampler.hpp"

namespace parrot {

// One of the models that the tables can be used as.
struct Offer {
    std::string_view id;
    std::size_t order;  // of the runs that it looks at
    std::int64_t context;
    std::int64_t output_max;
};
constexpr Offer k_offers[] = {{"parrot", 4, 8192, 4096}, {"parrot-mini", 3, 1024, 512}};

struct Ask {
    const Offer* offer = nullptr;
    bool chat = true;
    std::vector<std::vector<std::string>> prompts;  // each a conversation, or one text
    std::size_t copies = 1;                         // choices of each prompt
    std::int64_t output_max = 0;                    // tokens of each choice
    std::uint64_t seed = 0;
    Sampling sampling;
    std::vector<std::string> stops;
    bool logprobs = false;
    std::size_t likeliest = 0;  // told of each token, if logprobs are
    bool endless = false;       // only output_max ends it

    std::size_t choices() const { return prompts.size() * copies; }
};

namespace detail {

using bw::json::Kind;
using bw::json::Value;

constexpr std::size_t k_choices_max = 128;
constexpr std::size_t k_logprobs_max = 1'000'000;  // in one answer
constexpr std::size_t k_stops_max = 16;
constexpr std::size_t k_stop_bytes_max = 1024;

[[noreturn]] inline void refuse(bw_status status, std::string_view param, std::string_view why) {
    throw bw::Error(status, std::string(param).append(" ").append(why)).param(param);
}
[[noreturn]] inline void wrong(std::string_view param, std::string_view why) {
    refuse(BW_E_INVALID, param, why);
}

inline double real(const Value& body, std::string_view name, double fallback, double least,
                   double most) {
    const Value value = body[name];
    if (!value) return fallback;
    const std::optional<double> number = value.number();
    if (!number || *number < least || *number > most) {
        wrong(name, "must be a number from " + std::to_string(static_cast<int>(least)) + " to " +
                        std::to_string(static_cast<int>(most)));
    }
    return *number;
}

inline std::int64_t integer(const Value& body, std::string_view name, std::int64_t fallback,
                            std::int64_t least, std::int64_t most) {
    const Value value = body[name];
    if (!value) return fallback;
    const std::optional<std::int64_t> number = value.integer();
    if (!number || *number < least || *number > most) {
        wrong(name,
              "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return *number;
}

inline bool flag(const Value& body, std::string_view name) {
    const Value value = body[name];
    if (value && value.kind() != Kind::boolean) wrong(name, "must be true or false");
    return value.boolean(false);
}

// True if it asks for nothing.
inline bool is_neutral(const Value& value) {
    if (value.kind() == Kind::array) return value.elements().begin() == value.elements().end();
    if (value.kind() == Kind::object) return value.members().begin() == value.members().end();
    return !value || value.raw() == "false" || value.raw() == "0" || value.equals("none") ||
           value.equals("");
}

// Members that cannot be served, and whose absence would change the answer's meaning.
inline void refuse_what_is_not_served(const Value& body) {
    static constexpr std::string_view k_refused[] = {"tools",
                                                     "functions",
                                                     "tool_choice",
                                                     "function_call",
                                                     "logit_bias",
                                                     "audio",
                                                     "prediction",
                                                     "web_search_options",
                                                     "reasoning_effort",
                                                     "suffix",
                                                     "echo",
                                                     "top_k",
                                                     "min_p",
                                                     "repetition_penalty"};
    for (const bw::json::Member& member : body.members()) {
        for (const std::string_view refused : k_refused) {
            if (!member.key_is(refused) || is_neutral(member.value())) continue;
            refuse(BW_E_UNSUPPORTED, refused, "is not served by the parrot");
        }
    }
    const Value format = body["response_format"]["type"];
    if (format && !format.equals("text")) {
        refuse(BW_E_UNSUPPORTED, "response_format", "can only be text");
    }
    for (const Value& modality : body["modalities"].elements()) {
        if (!modality.equals("text")) refuse(BW_E_UNSUPPORTED, "modalities", "can only be text");
    }
}

inline std::vector<std::string> read_stops(const Value& stop) {
    std::vector<std::string> stops;
    const auto add = [&](const Value& one) {
        if (one.kind() != Kind::string) wrong("stop", "must be a text or an array of texts");
        std::string text = one.string();
        if (text.size() > k_stop_bytes_max) wrong("stop", "has a text of more than 1024 bytes");
        if (!text.empty()) stops.push_back(std::move(text));
        if (stops.size() > k_stops_max) wrong("stop", "has more than 16 texts");
    };
    if (stop.kind() == Kind::array) {
        for (const Value& one : stop.elements()) add(one);
    } else if (stop) {
        add(stop);
    }
    return stops;
}

inline std::vector<std::string> read_turns(const bw::chat::Request& chat) {
    if (const auto problem = chat.problem()) {
        throw bw::Error(BW_E_INVALID, problem->message).param(problem->param);
    }
    std::vector<std::string> turns;
    for (const bw::chat::Turn& turn : chat.turns()) {
        for (const bw::chat::Part& part : turn.parts()) {
            if (part.kind() == bw::chat::PartKind::text) continue;
            if (part.kind() == bw::chat::PartKind::refusal) continue;
            refuse(BW_E_UNSUPPORTED, part.param(), "is no text, and the parrot reads nothing else");
        }
        if (turn.tool_calls().begin() != turn.tool_calls().end()) {
            refuse(BW_E_UNSUPPORTED, turn.param("tool_calls"), "is not served by the parrot");
        }
        turns.push_back(turn.text());
    }
    return turns;
}

inline std::vector<std::vector<std::string>> read_prompts(const Value& prompt) {
    if (prompt.kind() == Kind::string) return {{prompt.string()}};
    std::vector<std::vector<std::string>> prompts;
    for (const Value& one : prompt.elements()) {
        if (one.kind() != Kind::string) wrong("prompt", "must be a text or an array of texts");
        if (prompts.size() == k_choices_max) wrong("prompt", "has more than 128 texts");
        prompts.push_back({one.string()});
    }
    if (prompts.empty()) wrong("prompt", "must be a text or an array of texts");
    return prompts;
}

inline void read_logprobs(const Value& body, Ask& ask) {
    if (ask.chat) {
        ask.logprobs = flag(body, "logprobs");
        ask.likeliest = static_cast<std::size_t>(integer(body, "top_logprobs", 0, 0, 20));
        if (ask.likeliest > 0 && !ask.logprobs) wrong("top_logprobs", "needs logprobs");
    } else if (const auto likeliest = integer(body, "logprobs", -1, 0, 5); likeliest >= 0) {
        ask.logprobs = true;
        ask.likeliest = static_cast<std::size_t>(likeliest);
    }
    const std::size_t each = static_cast<std::size_t>(ask.output_max) * (1 + ask.likeliest);
    if (ask.logprobs && ask.choices() * each > k_logprobs_max) {
        wrong("logprobs", "asks for more than a million in all: ask for fewer tokens");
    }
}

// FNV-1a.
inline std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

inline const Offer& offer_of(std::string_view model) {
    for (const Offer& offer : k_offers) {
        if (offer.id == model) return offer;
    }
    throw bw::Error(BW_E_NOT_FOUND, "the parrot has no model \"" + std::string(model) +
                                        "\": parrot and parrot-mini are all")
        .code("model_not_found")
        .param("model");
}

}  // namespace detail

// Throws bw::Error. Without a seed the request's id is one.
inline Ask read_ask(const bw::Request& request) {
    using namespace detail;
    const Value body = request.json();
    Ask ask;
    ask.offer = &offer_of(request.model());
    ask.chat = request.operation() == bw::Operation::chat;
    refuse_what_is_not_served(body);
    if (ask.chat) {
        ask.prompts.push_back(read_turns(bw::chat::Request(body)));
    } else {
        ask.prompts = read_prompts(body["prompt"]);
    }
    const auto most = static_cast<std::int64_t>(k_choices_max);
    ask.copies = static_cast<std::size_t>(integer(body, "n", 1, 1, most));
    if (ask.choices() > k_choices_max) wrong("n", "asks for more than 128 choices of all prompts");
    if (integer(body, "best_of", 1, 1, most) > static_cast<std::int64_t>(ask.copies)) {
        refuse(BW_E_UNSUPPORTED, "best_of", "cannot be more than n");
    }
    const char* const limit =
        body["max_completion_tokens"] ? "max_completion_tokens" : "max_tokens";
    ask.output_max = integer(body, limit, ask.offer->output_max, 1, ask.offer->output_max);
    ask.seed = hash_of(request.id());
    if (const Value seed = body["seed"]) {
        if (!seed.integer()) wrong("seed", "must be an integer");
        ask.seed = static_cast<std::uint64_t>(*seed.integer());
    }
    ask.sampling.temperature = real(body, "temperature", 1, 0, 2);
    ask.sampling.top_p = real(body, "top_p", 1, 0, 1);
    ask.sampling.presence_penalty = real(body, "presence_penalty", 0, -2, 2);
    ask.sampling.frequency_penalty = real(body, "frequency_penalty", 0, -2, 2);
    ask.stops = read_stops(body["stop"]);
    read_logprobs(body, ask);
    ask.endless = flag(body, "ignore_eos");
    return ask;
}

}  // namespace parrot
