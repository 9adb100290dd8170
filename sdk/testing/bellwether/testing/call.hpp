// One call of a plugin under test: what is asked, what the upstream answers, what came
// of it. Part of <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a plugin told with fail, or why the host failed the attempt itself.
struct Failed {
    bw_status status = BW_OK;
    std::string where;  // the table's function; "framing": the host could not cut the body
    std::string message;
    std::string code;
    std::string type;
    std::string param;
    std::string raw;
    std::uint32_t http_status = 0;
    std::int64_t retry_after_ms = 0;  // 0: not said
};

// One attempt, as the plugin will see it.
struct Asked {
    std::uint32_t operation = BW_OP_CHAT;
    bool stream = false;
    std::string model = "m";
    std::string body = R"({"model":"m","messages":[{"role":"user","content":"hello"}]})";
    std::uint32_t attempt = 0;
    std::string id = "req-1";
    Headers headers = {};          // the client's, those that the manifest asks for
    std::int64_t deadline_ms = 0;  // 0: not said
};

// What the upstream answers.
struct Response {
    std::uint32_t status = 200;
    Headers headers;
    std::string body;
};

// What the plugin sent.
struct Sent {
    std::string method;
    std::string url;
    std::uint32_t frame = 0;
    std::int64_t wait_ms = 0;
    Headers headers;
    std::vector<std::string> auth;  // the names of credentials
    std::string body;
    bool body_borrowed = true;  // every byte lay within the request's own body

    // The value of the first header of that name; empty if there is none.
    std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) return value;
        }
        return {};
    }
};

// One emitted piece: JSON, or bytes.
struct Emitted {
    std::uint32_t kind;
    std::string json;
    std::string event;
    std::string content_type;
};

// One of the upstream's limits, as the plugin told it.
struct ToldLimit {
    std::string name;
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::int64_t reset_ms = 0;
};

// What was used: -1 where nothing was said.
struct Used {
    std::int64_t input_tokens = -1;
    std::int64_t output_tokens = -1;
    std::int64_t cached_input_tokens = -1;
    std::int64_t reasoning_tokens = -1;
    std::int64_t total_tokens = -1;
    std::int64_t cache_write_tokens = -1;
    std::int64_t cache_write_1h_tokens = -1;
    std::int64_t audio_input_tokens = -1;
    std::int64_t audio_output_tokens = -1;
    std::int64_t image_input_tokens = -1;
    std::int64_t image_output_tokens = -1;

    bool operator==(const Used& other) const {
        for (const auto& [name, figure] : names()) {
            if (this->*figure != other.*figure) return false;
        }
        return true;
    }
    // The ABI's name of each figure.
    static const std::vector<std::pair<std::string_view, std::int64_t Used::*>>& names() {
        static const std::vector<std::pair<std::string_view, std::int64_t Used::*>> all = {
            {"input", &Used::input_tokens},
            {"output", &Used::output_tokens},
            {"input.cached", &Used::cached_input_tokens},
            {"output.reasoning", &Used::reasoning_tokens},
            {"total", &Used::total_tokens},
            {"input.cache_write", &Used::cache_write_tokens},
            {"input.cache_write_1h", &Used::cache_write_1h_tokens},
            {"input.audio", &Used::audio_input_tokens},
            {"output.audio", &Used::audio_output_tokens},
            {"input.image", &Used::image_input_tokens},
            {"output.image", &Used::image_output_tokens}};
        return all;
    }
};

// What a plugin says that a request can come to at most.
struct Estimated {
    std::optional<Failed> error;               // it refuses the request
    std::map<std::string, std::int64_t> most;  // by the ABI's names
    std::int64_t cost_nano = 0;
    std::string tier;
};

// All that came of one call.
struct Result {
    std::optional<Failed> error;
    Sent sent;                     // first
    std::vector<Sent> sent_later;  // in each call_end that sent again
    std::vector<Emitted> emitted;
    Headers reply_headers;
    std::vector<ToldLimit> limits;
    Headers attributes;  // each with its value as text
    std::optional<Used> usage;
    std::string service_tier;
    std::vector<std::pair<std::string, std::int64_t>> units;
    bool completed = false;           // call_data said BW_COMPLETE
    std::vector<std::string> models;  // what bw.models/1 added
    std::vector<std::int64_t>
        waits;  // what each step of bw.engine/1 asked for; -1: it was the last

    bool ok() const { return !error; }
    // As the host does, this keeps the larger figure where there was one before.
    void take(const bw_usage& told) {
        if (!usage) usage.emplace();
        if (told.tier.len > 0) service_tier.assign(told.tier.ptr, told.tier.len);
        for (std::size_t i = 0; i < told.amount_count; ++i) {
            const bw_amount& amount = told.amounts[i];
            take_amount(std::string(amount.name.ptr, amount.name.len), amount.amount);
        }
    }
    void take_amount(std::string name, std::int64_t amount) {
        for (const auto& [known, figure] : Used::names()) {
            if (known == name) return void((*usage).*figure = std::max((*usage).*figure, amount));
        }
        for (auto& [known, kept] : units) {
            if (known == name) return void(kept = std::max(kept, amount));
        }
        units.emplace_back(std::move(name), amount);
    }
    bw_status status() const { return error ? error->status : BW_OK; }
    // The JSON of all pieces of that kind.
    std::vector<std::string> of_kind(std::uint32_t kind) const {
        std::vector<std::string> all;
        for (const Emitted& piece : emitted) {
            if (piece.kind == kind) all.push_back(piece.json);
        }
        return all;
    }
    std::vector<std::string> chunks() const { return of_kind(BW_EMIT_CHUNK); }
    // The complete reply; empty if there is none.
    std::string reply() const {
        const auto all = of_kind(BW_EMIT_REPLY);
        return all.empty() ? std::string() : all.front();
    }
    // Content of the first choice, whether it streamed or not.
    std::string text() const {
        std::string out;
        for (const Emitted& piece : emitted) {
            const json::Value choice = json::Value(piece.json)["choices"].at(0);
            out += choice["delta"]["content"].string() + choice["message"]["content"].string() +
                   choice["text"].string();
        }
        return out;
    }
};

}  // namespace bw::testing
