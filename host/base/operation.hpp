// `Operation` is what a client asks for. The one table of them says what each is called, where it
// is asked for and in which dialect.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bellwether {

// The ABI's BW_OP_*.
enum class Operation : std::uint32_t {
    chat = 1,
    completions = 2,
    embeddings = 3,
    messages = 5,
    count_tokens = 6,
    images = 7,
    speech = 9,
};

// Whose API a request, its answer and its errors belong to. In other dialects than OpenAI's an
// answer is relayed as the plugin gives it, and nothing is added to it.
enum class Dialect : std::uint8_t { openai, anthropic };

enum class Delivery : std::uint8_t {
    json,    // always
    stream,  // events, if the client wants them
    bytes,   // of a type that the plugin names
};

struct OperationFacts {
    Operation operation;
    std::string_view name;    // in a manifest
    std::string_view path;    // where clients ask for it
    std::string_view prompt;  // the member of the request that holds the prompt
    Delivery answer = Delivery::json;
    Dialect dialect = Dialect::openai;
    bool generates = true;  // tokens, whose number a request may limit
};

inline constexpr std::array<OperationFacts, 7> k_operations{{
    {Operation::chat, "chat", "/v1/chat/completions", "messages", Delivery::stream},
    {Operation::completions, "completions", "/v1/completions", "prompt", Delivery::stream},
    {.operation = Operation::embeddings,
     .name = "embeddings",
     .path = "/v1/embeddings",
     .prompt = "input",
     .generates = false},
    {Operation::messages, "messages", "/v1/messages", "messages", Delivery::stream,
     Dialect::anthropic},
    {.operation = Operation::count_tokens,
     .name = "count_tokens",
     .path = "/v1/messages/count_tokens",
     .prompt = "messages",
     .dialect = Dialect::anthropic,
     .generates = false},
    {.operation = Operation::images,
     .name = "images",
     .path = "/v1/images/generations",
     .prompt = "prompt"},
    {.operation = Operation::speech,
     .name = "speech",
     .path = "/v1/audio/speech",
     .prompt = "input",
     .answer = Delivery::bytes},
}};

constexpr const OperationFacts& facts_of(Operation operation) {
    for (const OperationFacts& one : k_operations) {
        if (one.operation == operation) return one;
    }
    return k_operations.front();
}

constexpr std::string_view to_string(Operation operation) { return facts_of(operation).name; }
constexpr std::string_view path_of(Operation operation) { return facts_of(operation).path; }

// In which dialect a client is answered that asks for this path, or for one below it.
constexpr Dialect dialect_at(std::string_view path) {
    for (const OperationFacts& one : k_operations) {
        if (!path.starts_with(one.path)) continue;
        if (path.size() == one.path.size() || path[one.path.size()] == '/') return one.dialect;
    }
    return Dialect::openai;
}

}  // namespace bellwether
