#include "policy/cost/usage_chunk.hpp"

#include "json/value.hpp"

#include "json/writer.hpp"

namespace bellwether::policy {

std::string make_usage_chunk(std::string_view first_chunk, const Usage& usage) {
    const json::Value first(first_chunk);
    json::Writer writer;
    writer.begin_object();
    for (const char* key : {"id", "object", "created", "model"}) {
        if (const auto value = first[key]) writer.key(key).raw(value.raw());
    }
    writer.key("choices").begin_array().end_array().key("usage").begin_object();
    writer.field("prompt_tokens", usage.input_tokens)
        .field("completion_tokens", usage.output_tokens);
    writer.field("total_tokens", usage.input_tokens + usage.output_tokens);
    writer.end_object().end_object();
    return std::string(writer.view());
}

}  // namespace bellwether::policy
