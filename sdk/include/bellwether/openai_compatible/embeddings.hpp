// Embeddings in the form that the client asked for, whatever the upstream's own: an array of
// numbers, or base64 of little-endian 32-bit floats. Part of <bellwether/openai_compatible.hpp>.
//
// The official SDKs ask for base64 unless told otherwise, and some of them decode whatever comes;
// some upstreams know only one of the two forms.
#pragma once

#include <bellwether/base64.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/openai_compatible/edit.hpp>
#include <bellwether/version.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace bw::v1::openai {

namespace detail {

// The nearest float, rounded once; nothing if there is none.
inline std::optional<float> to_float(std::string_view number) {
    const char* const end = number.data() + number.size();
    float value = 0;
    auto [stop, error] = json::detail::read_real(number.data(), end, value);
    if (error == std::errc::result_out_of_range) {
        // Too small is zero; too large is a mistake of the upstream's.
        double wide = 0;
        const auto again = json::detail::read_real(number.data(), end, wide);
        const bool small =
            again.ec == std::errc() ? std::fabs(wide) < 1 : number.find('-', 1) != number.npos;
        if (!small) return std::nullopt;
        stop = again.ptr;
        value = static_cast<float>(wide);
    } else if (error != std::errc()) {
        return std::nullopt;
    }
    return stop == end ? std::optional(value) : std::nullopt;
}

// The array as a JSON string of base64; nothing if an element is no number.
inline std::optional<std::string> floats_to_base64(const json::Value& array) {
    std::string bytes;
    for (const json::Value& element : array.elements()) {
        const auto value = to_float(element.raw());
        if (!value) return std::nullopt;
        std::uint32_t bits = 0;
        std::memcpy(&bits, &*value, sizeof bits);
        for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift);
    }
    return '"' + base64::encode(bytes) + '"';
}

// The base64 as a JSON array, each number the shortest that gives the same float again; nothing if
// it does not hold floats, or one that JSON has no number for.
inline std::optional<std::string> base64_to_floats(const json::Value& text) {
    const auto bytes = base64::decode(text.string());
    if (!bytes || bytes->size() % 4 != 0) return std::nullopt;
    std::string out = "[";
    for (std::size_t i = 0; i < bytes->size(); i += 4) {
        std::uint32_t bits = 0;
        for (std::size_t k = 4; k-- > 0;)
            bits = bits << 8 | static_cast<unsigned char>((*bytes)[i + k]);
        float value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) return std::nullopt;
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        if (out.size() > 1) out += ',';
        out.append(digits.data(), end);
    }
    return out + ']';
}

}  // namespace detail

// One embedding, an array or a text, in the form asked for, as JSON; nothing if it cannot be read.
inline std::optional<std::string> embedding_as(const json::Value& embedding, bool as_base64) {
    if (embedding.kind() == json::Kind::string) {
        auto floats = detail::base64_to_floats(embedding);
        if (!floats || !as_base64) return floats;
        return std::string(embedding.raw());
    }
    if (embedding.kind() != json::Kind::array) return std::nullopt;
    auto base64 = detail::floats_to_base64(embedding);
    if (!base64 || as_base64) return base64;
    return std::string(embedding.raw());
}

// The texts of a request's `input`, which is one or a list of them; nothing if it has others, such
// as numbers of tokens.
inline std::optional<std::vector<json::Value>> embedding_texts(const json::Value& input) {
    std::vector<json::Value> texts;
    if (input.kind() == json::Kind::string) texts.push_back(input);
    for (const json::Value& text : input.elements()) {
        if (text.kind() != json::Kind::string) return std::nullopt;
        texts.push_back(text);
    }
    return texts;
}

// OpenAI's reply with these embeddings, in the form asked for; nothing if one cannot be read.
inline std::optional<std::string> embeddings_reply(std::string_view model,
                                                   const std::vector<json::Value>& embeddings,
                                                   bool as_base64, std::int64_t tokens) {
    std::string reply;
    json::Writer json(reply);
    json.object().member("object", "list").array("data");
    for (std::size_t i = 0; i < embeddings.size(); ++i) {
        const auto made = embedding_as(embeddings[i], as_base64);
        if (!made) return std::nullopt;
        json.object().member("object", "embedding").member("index", i).key("embedding");
        json.raw(*made).end();
    }
    json.end().member("model", model).object("usage").member("prompt_tokens", tokens);
    json.member("total_tokens", tokens);
    json.finish();
    return reply;
}

// Writes `data`, the array of a reply, to the form asked for: each `embedding` of the other form
// becomes an edit of the text. False if one cannot be read.
inline bool convert_embeddings(std::string_view data, bool as_base64,
                               std::vector<detail::Edit>& edits) {
    for (const json::Value& item : json::Value(data).elements()) {
        const json::Value embedding = item["embedding"];
        const bool is_text = embedding.kind() == json::Kind::string;
        if (is_text == as_base64 || (!is_text && embedding.kind() != json::Kind::array)) continue;
        auto converted =
            as_base64 ? detail::floats_to_base64(embedding) : detail::base64_to_floats(embedding);
        if (!converted) return false;
        const std::string_view raw = embedding.raw();
        edits.push_back({raw.data(), raw.data() + raw.size(), *std::move(converted)});
    }
    return true;
}

}  // namespace bw::v1::openai
