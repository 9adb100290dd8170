// One call of a plugin under test: what is asked, what the upstream answers, what came
// of it. Part of <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a plugin reported in a bw_error.
struct Failed {
    bw_status status = BW_OK;
    std::string where;  // the table's function
    std::string message;
    std::string code;
    std::string param;
    std::uint32_t http_status = 0;
    std::int64_t retry_after_ms = -1;
};

// One attempt, as the plugin will see it.
struct Asked {
    std::uint32_t operation = BW_OP_CHAT;
    bool stream = false;
    std::string model = "m";
    std::string body = R"({"model":"m","messages":[{"role":"user","content":"hello"}]})";
    std::uint32_t attempt = 0;
    std::string id = "req-1";
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
    Headers headers;
    Headers secrets;  // header name, and prefix + "{" + name of the credential + "}"
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

// One emitted piece of JSON.
struct Emitted {
    std::uint32_t kind;
    std::string json;
};

// All that came of one call.
struct Result {
    std::optional<Failed> error;
    Sent sent;
    std::vector<Emitted> emitted;
    std::optional<bw_usage> usage;  // what it borrows is in the next two
    std::string service_tier;
    std::vector<std::pair<std::string, std::int64_t>> units;
    bool completed = false;           // call_data said BW_COMPLETE
    std::vector<std::string> models;  // what bw.models/1 added
    std::vector<std::int64_t> waits;  // what each step of bw.generate/1 asked for

    bool ok() const { return !error; }
    // Keeps a usage that was emitted, as far as the plugin filled it in; as the host does, it keeps
    // the larger figure where there was one before.
    void take(const bw_usage& emitted_usage) {
        bw_usage kept = {};
        std::memcpy(&kept, &emitted_usage, std::min<std::size_t>(emitted_usage.size, sizeof kept));
        const auto text = [](bw_str borrowed) {
            return borrowed.len == 0 ? std::string() : std::string(borrowed.ptr, borrowed.len);
        };
        if (kept.service_tier.len > 0) service_tier = text(kept.service_tier);
        for (std::size_t i = 0; i < kept.unit_count; ++i) {
            take_unit(text(kept.units[i].name), kept.units[i].count);
        }
        kept.service_tier = {};
        kept.units = nullptr;
        kept.unit_count = 0;
        if (usage) keep_larger(*usage, kept);
        usage = kept;
    }
    void take_unit(std::string name, std::int64_t count) {
        for (auto& [known, kept] : units) {
            if (known != name) continue;
            kept = std::max(kept, count);
            return;
        }
        units.emplace_back(std::move(name), count);
    }
    static void keep_larger(const bw_usage& known, bw_usage& told) {
        static constexpr std::int64_t bw_usage::*k_figures[] = {
            &bw_usage::input_tokens,          &bw_usage::output_tokens,
            &bw_usage::cached_input_tokens,   &bw_usage::reasoning_tokens,
            &bw_usage::total_tokens,          &bw_usage::cache_write_tokens,
            &bw_usage::cache_write_1h_tokens, &bw_usage::audio_input_tokens,
            &bw_usage::audio_output_tokens,   &bw_usage::image_input_tokens,
            &bw_usage::image_output_tokens};
        for (const auto figure : k_figures) told.*figure = std::max(told.*figure, known.*figure);
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
