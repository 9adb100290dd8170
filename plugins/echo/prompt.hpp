// What the echo reads from a request and how it counts and cuts text.
#pragma once

#include <algorithm>
#include <bellwether/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace echo {

using bw::json::Kind;
using bw::json::Value;

constexpr std::size_t k_piece_bytes = 32;  // the longest chunk of text
constexpr std::int64_t k_bytes_per_token = 4;

// A token is four bytes of UTF-8, the last one of a text perhaps fewer.
inline std::int64_t tokens_of(std::size_t bytes) {
    return (static_cast<std::int64_t>(bytes) + k_bytes_per_token - 1) / k_bytes_per_token;
}

// The longest beginning of `text` of at most `bytes` bytes that cuts no UTF-8 character.
inline std::string_view head_of(std::string_view text, std::size_t bytes) {
    if (bytes >= text.size()) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return text.substr(0, bytes);
}

// The next chunk of `text`: up to the end of a word and the spaces after it.
inline std::string_view next_piece(std::string_view text) {
    auto end = text.find(' ');
    if (end != std::string_view::npos) end = text.find_first_not_of(' ', end);
    return head_of(text,
                   std::min(end == std::string_view::npos ? text.size() : end, k_piece_bytes));
}

// The text of a message's content, which is a string or an array of parts.
inline std::string text_of(const Value& content) {
    if (content.kind() != Kind::array) return content.string();
    std::string text;
    for (const Value& part : content.elements()) text += part["text"].string();
    return text;
}

struct Prompt {
    std::vector<std::string> texts;  // one for each answer
    std::int64_t tokens = 0;
};

inline Prompt read_messages(const Value& messages) {
    Prompt prompt;
    std::size_t bytes = 0;
    std::string last;
    for (const Value& message : messages.elements()) {
        std::string text = text_of(message["content"]);
        bytes += text.size();
        if (message["role"].equals("user")) last = std::move(text);
    }
    prompt.texts.push_back(std::move(last));
    prompt.tokens = tokens_of(bytes);
    return prompt;
}

// `prompt` and `input`: a string, strings, token ids (echoed as JSON text) or arrays of them.
inline Prompt read_texts(const Value& input) {
    Prompt prompt;
    const bool many = input.kind() == Kind::array && input.at(0).kind() != Kind::number;
    const auto add = [&](const Value& value) {
        prompt.texts.push_back(value.kind() == Kind::string ? value.string()
                                                            : std::string(value.raw()));
        prompt.tokens += tokens_of(prompt.texts.back().size());
    };
    if (!many) add(input);
    for (const Value& element : input.elements()) {
        if (many) add(element);
    }
    return prompt;
}

}  // namespace echo
