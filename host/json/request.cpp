#include "json/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "json/generation_limits.hpp"
#include "json/member_names.hpp"
#include "json/mistake.hpp"
#include "json/number.hpp"
#include "json/prompt_walk.hpp"
#include "json/value.hpp"

namespace bellwether::json {
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

BodySpan span_of(std::string_view body, std::string_view part) {
    return {static_cast<std::size_t>(part.data() - body.data()), part.size()};
}

std::string_view prompt_member(Operation operation) { return facts_of(operation).prompt; }

Result<void> read_model(Call& call, const Value& value) {
    if (value.kind() != Kind::string) return refuse("\"model\" must be a string", "model");
    call.model = value.string();
    if (call.model.size() > k_model_bytes_max || !std::ranges::none_of(call.model, is_control)) {
        return refuse(fmt::format("\"model\" must be a name of at most {} bytes without control "
                                  "characters",
                                  k_model_bytes_max),
                      "model");
    }
    call.asked.model_value = span_of(call.body, value.raw());
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
    call.asked.stream_options_value = span_of(call.body, value.raw());
    if (value.kind() == Kind::null) return {};
    if (value.kind() != Kind::object) {
        return refuse("\"stream_options\" must be an object", "stream_options");
    }
    bool said = false;
    for (const Member& option : value.members()) {
        if (!option.key_is("include_usage")) continue;
        if (said) return refuse_twice("include_usage");
        said = true;
        call.asked.usage = option.value().boolean(false);
    }
    return {};
}

void read_user(Call& call, UserSource source, const Value& value) {
    constexpr std::size_t k_escaped_bytes_max = 6 * k_user_bytes_max + 2;
    if (value.kind() != Kind::string || value.raw().size() > k_escaped_bytes_max) return;
    name_user(call, source, value.string());
}

// A value that is no string is kept as its JSON text, which is the name of no tier.
void read_service_tier(AskedInBody& asked, const Value& value) {
    constexpr std::size_t k_tier_bytes_max = 64;
    if (value.kind() == Kind::null) return;
    asked.service_tier = value.kind() == Kind::string ? value.string() : std::string(value.raw());
    if (asked.service_tier.size() > k_tier_bytes_max) asked.service_tier.resize(k_tier_bytes_max);
}

// web_search_options of OpenAI, enable_search of Qwen, search_parameters of xAI.
void read_search(AskedInBody& asked, const Value& value) {
    const bool off = !value || value.raw() == "false" || value["mode"].equals("off");
    asked.searches = asked.searches || !off;
}

// Anthropic's {"type":"web_search_20250305"}, OpenAI's {"type":"web_search"} and Gemini's
// {"type":"google_search"}. A function of the client's own is of the type "function".
void read_tools(AskedInBody& asked, const Value& tools) {
    if (tools.raw().find("_search") == std::string_view::npos) return;
    for (const Value& tool : tools.elements()) {
        const std::string type = tool["type"].string();
        asked.searches =
            asked.searches || type.starts_with("web_search") || type.starts_with("google_search");
    }
}

Result<void> read_value(Call& call, const KnownMember& known, const Value& value) {
    switch (known.means) {
        case MemberRole::model: return read_model(call, value);
        case MemberRole::stream: return read_stream(call, value);
        case MemberRole::stream_options: return read_stream_options(call, value);
        case MemberRole::user: read_user(call, UserSource::user, value); break;
        case MemberRole::safety_identifier:
            read_user(call, UserSource::safety_identifier, value);
            break;
        case MemberRole::service_tier: read_service_tier(call.asked, value); break;
        case MemberRole::search: read_search(call.asked, value); break;
        case MemberRole::tools: read_tools(call.asked, value); break;
        case MemberRole::detailed: call.asked.parts.detailed = true; break;
        case MemberRole::prompt:
            if (known.name == prompt_member(call.operation)) {
                call.asked.prompt_value = span_of(call.body, value.raw());
            }
            break;
        default: read_generation_limit(call.asked, known, value);
    }
    return {};
}

// The walk over a request's body: each member is checked to be JSON and read as it comes. A mistake
// in what a member says is reported only once the whole body is known to be JSON.
class BodyWalk {
  public:
    explicit BodyWalk(Call& call) : call_(call), end_(call.body.data() + call.body.size()) {}

    // The end of the member's value; nullptr if it is no JSON.
    const char* member(std::string_view key, const char* value) {
        if (!read_) return skip(value);
        const auto known = names_.take(key);
        if (!known) {
            read_ = std::unexpected(known.error());
        }
        if (!known || *known == nullptr) return skip(value);
        const bool is_prompt = (*known)->name == prompt_member(call_.operation);
        const char* const next = is_prompt ? walk_prompt(call_, value, k_value_depth) : skip(value);
        if (next == nullptr) return nullptr;
        read_ = read_value(call_, **known, Value({value, static_cast<std::size_t>(next - value)}));
        return next;
    }
    const Result<void>& read() const { return read_; }

  private:
    static constexpr int k_value_depth = k_depth_max - 1;

    const char* skip(const char* value) const {
        return skip_value(value, end_, k_value_depth, &skip_number_in_range);
    }

    Call& call_;
    const char* end_;
    MemberNames names_;
    Result<void> read_;
};

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
    BodyWalk walk(call);
    const char* const stop = scan_object(begin, end, [&](std::string_view key, const char* value) {
        return walk.member(key, value);
    });
    if (stop == nullptr || skip_space(stop, end) != end) {
        if (!valid(text, k_depth_max) || begin == end || *begin == '{') return refuse_syntax(text);
        return refuse("The request body must be a JSON object.");
    }
    if (!walk.read()) return walk.read();
    if (call.asked.model_value.length == 0 || call.model.empty()) {
        return refuse("you must provide a model parameter", "model");
    }
    const auto prompt = prompt_member(call.operation);
    if (call.asked.prompt_value.length == 0) {
        return refuse(fmt::format("Missing required parameter: '{}'.", prompt), std::string(prompt),
                      "missing_required_parameter");
    }
    // OpenAI ignores the field where nothing is ever streamed.
    if (facts_of(call.operation).answer != Delivery::stream) {
        call.stream = call.asked.usage = false;
    }
    return {};
}

void name_user(Call& call, UserSource source, std::string_view name) {
    if (source <= call.user_source || name.empty() || name.size() > k_user_bytes_max) return;
    if (!std::ranges::none_of(name, is_control) || !is_utf8(name)) return;
    call.user = name;
    call.user_source = source;
}

}  // namespace bellwether::json
