#include "json/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/json.hpp>

#include "json/generation_limits.hpp"
#include "json/member_names.hpp"
#include "json/mistake.hpp"
#include "json/number.hpp"

namespace bw::json {
namespace {

std::unexpected<Error> refuse(std::string message, std::string param = {}, std::string code = {}) {
    return std::unexpected(Error{.kind = ErrorKind::invalid,
                                 .message = std::move(message),
                                 .code = std::move(code),
                                 .param = std::move(param)});
}

std::unexpected<Error> refuse_twice(std::string_view name) {
    return refuse(fmt::format("\"{}\" appears more than once; send it once", name),
                  std::string(name));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_utf8(std::string_view text) {
    const char* const end = text.data() + text.size();
    for (const char* p = text.data(); p != nullptr && p < end;) {
        p = static_cast<unsigned char>(*p) < 0x80 ? p + 1 : detail::skip_utf8(p, end);
        if (p == nullptr) return false;
    }
    return true;
}

Span span_of(std::string_view body, std::string_view part) {
    return {static_cast<std::size_t>(part.data() - body.data()), part.size()};
}

std::string_view prompt_member(Operation operation) {
    switch (operation) {
        case Operation::chat: return "messages";
        case Operation::completions: return "prompt";
        case Operation::embeddings: return "input";
    }
    return "messages";
}

Result<void> read_model(Call& call, const Value& value) {
    if (value.kind() != Kind::string) return refuse("\"model\" must be a string", "model");
    call.model = value.string();
    if (call.model.size() > k_model_bytes_max || !std::ranges::none_of(call.model, is_control)) {
        return refuse(fmt::format("\"model\" must be a name of at most {} bytes without control "
                                  "characters",
                                  k_model_bytes_max),
                      "model");
    }
    call.model_value = span_of(call.body, value.raw());
    return {};
}

Result<void> read_stream(Call& call, const Value& value) {
    if (value.kind() != Kind::boolean && value.kind() != Kind::null) {
        return refuse("\"stream\" must be true or false", "stream");
    }
    call.stream = value.boolean(false);
    return {};
}

Result<void> read_stream_options(Call& call, const Value& value) {
    if (value.kind() == Kind::null) return {};
    if (value.kind() != Kind::object) {
        return refuse("\"stream_options\" must be an object", "stream_options");
    }
    bool said = false;
    for (const Member& option : value.members()) {
        if (!option.key_is("include_usage")) continue;
        if (said) return refuse_twice("include_usage");
        said = true;
        call.usage_asked = option.value().boolean(false);
    }
    return {};
}

void read_user(Call& call, UserSource source, const Value& value) {
    constexpr std::size_t k_escaped_bytes_max = 6 * k_user_bytes_max + 2;
    if (value.kind() != Kind::string || value.raw().size() > k_escaped_bytes_max) return;
    name_user(call, source, value.string());
}

// One that is no name is no tier that anybody knows.
void read_service_tier(Call& call, const Value& value) {
    constexpr std::size_t k_tier_bytes_max = 64;
    if (value.kind() == Kind::null) return;
    call.service_tier = value.kind() == Kind::string ? value.string() : std::string(value.raw());
    if (call.service_tier.size() > k_tier_bytes_max) call.service_tier.resize(k_tier_bytes_max);
}

// web_search_options of OpenAI, enable_search of Qwen, search_parameters of xAI.
void read_search(Call& call, const Value& value) {
    const bool off = !value || value.raw() == "false" || value["mode"].equals("off");
    call.searches = call.searches || !off;
}

Result<void> read_member(Call& call, std::string_view name, const Value& value) {
    if (name == "model") return read_model(call, value);
    if (name == "stream") return read_stream(call, value);
    if (name == "stream_options") return read_stream_options(call, value);
    if (name == "user") read_user(call, UserSource::user, value);
    if (name == "safety_identifier") read_user(call, UserSource::safety_identifier, value);
    if (name == "service_tier") read_service_tier(call, value);
    if (name == "web_search_options" || name == "enable_search" || name == "search_parameters") {
        read_search(call, value);
    }
    if (name == prompt_member(call.operation)) call.prompt_value = span_of(call.body, value.raw());
    return {};
}

std::unexpected<Error> refuse_syntax(std::string_view body) {
    const auto mistake = find_mistake(body, k_depth_max);
    if (!mistake) return refuse("The request body is not valid JSON.");
    return refuse(fmt::format("The request body is not valid JSON: {}, at {}.", mistake->what,
                              place(body, mistake->offset)));
}

}  // namespace

Result<void> read_request(Call& call) {
    const std::string_view text = call.body;
    const char* const end = text.data() + text.size();
    const char* const begin = skip_space(text.data(), end);
    MemberNames names;
    Result<void> read;
    // A mistake in a member counts only once the whole is known to be JSON.
    const char* const stop = scan_object(begin, end, [&](std::string_view key, const char* value) {
        const char* const next = skip_value(value, end, k_depth_max - 1, &skip_number_in_range);
        if (next == nullptr || !read) return next;
        const auto name = names.take(key);
        const Member member(key, Value({value, static_cast<std::size_t>(next - value)}));
        read_generation_limit(call, member);
        if (!name) {
            read = std::unexpected(name.error());
        } else if (!name->empty()) {
            read = read_member(call, *name, member.value());
        }
        return next;
    });
    if (stop == nullptr || skip_space(stop, end) != end) {
        if (!valid(text, k_depth_max) || begin == end || *begin == '{') return refuse_syntax(text);
        return refuse("The request body must be a JSON object.");
    }
    if (!read) return read;
    if (call.model_value.length == 0 || call.model.empty()) {
        return refuse("you must provide a model parameter", "model");
    }
    const auto prompt = prompt_member(call.operation);
    if (call.prompt_value.length == 0) {
        return refuse(fmt::format("Missing required parameter: '{}'.", prompt), std::string(prompt),
                      "missing_required_parameter");
    }
    // Embeddings are never streamed; OpenAI ignores the field there.
    if (call.operation == Operation::embeddings) call.stream = call.usage_asked = false;
    return {};
}

void name_user(Call& call, UserSource source, std::string_view name) {
    if (source <= call.user_source || name.empty() || name.size() > k_user_bytes_max) return;
    if (!std::ranges::none_of(name, is_control) || !is_utf8(name)) return;
    call.user = name;
    call.user_source = source;
}

std::string upstream_body(const Call& call, std::string_view model) {
    const bool rename = model != call.model;
    const bool ask_usage = call.stream && !call.usage_asked;
    if (!rename && !ask_usage) return {};
    std::string body =
        rename ? with_member(call.body, "model", quote(model)) : std::string(call.body);
    if (!ask_usage) return body;
    const Value options = Value(body)["stream_options"];
    const std::string with_usage = options.kind() == Kind::object
                                       ? with_member(options.raw(), "include_usage", "true")
                                       : std::string(R"({"include_usage":true})");
    return with_member(body, "stream_options", with_usage);
}

}  // namespace bw::json
