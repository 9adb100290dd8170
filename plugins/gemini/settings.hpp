// How the answer is to be: `generationConfig`, and what else stands beside the contents.
#pragma once

#include "gemini/api.hpp"
#include "gemini/members.hpp"

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gemini {

namespace detail {

// Google's own settings, in the request itself or where its own API of OpenAI's dialect has them:
// `google`, or `extra_body.google`. Either spelling will do.
inline bw::json::Value own_setting(const chat::Request& asked, std::string_view snake,
                                   std::string_view camel) {
    for (const bw::json::Value& place :
         {asked.raw(), asked["google"], asked["extra_body"]["google"]}) {
        for (const std::string_view name : {snake, camel}) {
            if (const bw::json::Value found = place[name]) return found;
        }
    }
    return {};
}

struct Effort {
    std::string_view name;
    std::string_view level;
    std::int64_t budget;  // tokens, as Google's own API of OpenAI's dialect has them
};
inline constexpr Effort k_efforts[] = {{"none", "minimal", 0},   {"minimal", "minimal", 1024},
                                       {"low", "low", 1024},     {"medium", "medium", 8192},
                                       {"high", "high", 24'576}, {"xhigh", "high", 24'576},
                                       {"max", "high", 24'576}};

// A level that the model takes, instead of one that it does not: those of its larger models are
// fewer.
inline std::string_view level_for(std::string_view model, std::string_view level) {
    if (model.find("-pro") == std::string_view::npos) return level;
    if (level == "minimal") return "low";
    const bool first = model.find("gemini-3-pro") != std::string_view::npos;
    return level == "medium" && first ? "high" : level;
}

inline void write_thinking(bw::json::Writer& json, const Api& api, const chat::Request& asked,
                           std::string_view model) {
    const bw::json::Value own = own_setting(asked, "thinking_config", "thinkingConfig");
    const std::string wanted = asked.reasoning_effort();
    if (own || wanted.empty()) {
        json.maybe("thinkingConfig", own);
        return;
    }
    for (const Effort& effort : k_efforts) {
        if (effort.name != wanted) continue;
        json.object("thinkingConfig");
        if (thinks_in_levels(model)) {
            json.member("thinkingLevel", level_for(model, effort.level));
        } else {
            json.member("thinkingBudget", effort.budget);
        }
        if (wanted != "none") json.member("includeThoughts", true);
        json.end();
        return;
    }
    throw bw::Error(BW_E_UNSUPPORTED, "reasoning_effort is none that " + api.vendor + " knows")
        .param("reasoning_effort");
}

inline void write_format(bw::json::Writer& json, const chat::ResponseFormat& format) {
    if (format.kind == chat::FormatKind::text) return;
    json.member("responseMimeType", "application/json").maybe("responseJsonSchema", format.schema);
}

// The tier by Google's name. Vertex AI has none to choose by in a request.
inline void write_tier(bw::json::Writer& json, const Api& api, const chat::Request& asked) {
    const bw::json::Value tier = asked["service_tier"];
    if (!tier || tier.equals("auto")) return;
    if (!api.is_vertex() && (tier.equals("flex") || tier.equals("priority"))) {
        json.member("serviceTier", tier);
    } else if (!tier.equals("default")) {
        refuse(api, "service_tier", "there is no such tier");
    } else if (!api.is_vertex()) {
        json.member("serviceTier", "standard");
    }
}

}  // namespace detail

// `generationConfig` as an object; `{}` if nothing is asked for.
inline std::string generation_config(const Api& api, const chat::Request& asked,
                                     std::string_view model) {
    std::string out;
    bw::json::Writer json(out);
    json.object()
        .maybe("maxOutputTokens", asked.max_tokens())
        .maybe("temperature", asked.temperature())
        .maybe("topP", asked.top_p())
        .maybe("topK", asked["top_k"])
        .maybe("seed", asked.seed())
        .maybe("presencePenalty", asked.presence_penalty())
        .maybe("frequencyPenalty", asked.frequency_penalty());
    if (asked.n() != 1) json.member("candidateCount", asked.n());
    if (const auto stops = asked.stop(); !stops.empty()) {
        json.array("stopSequences");
        for (const std::string& stop : stops) json.value(stop);
        json.end();
    }
    detail::write_format(json, asked.response_format());
    detail::write_thinking(json, api, asked, model);
    bool image = false;
    for (const bw::json::Value& each : asked["modalities"].elements()) {
        image = image || each.equals("image");
    }
    if (image) json.array("responseModalities").value("TEXT").value("IMAGE").end();
    json.finish();
    return out;
}

// The members of the request that are about the answer as a whole.
inline void write_settings(bw::json::Writer& json, const Api& api, const chat::Request& asked,
                           std::string_view model) {
    const std::string config = generation_config(api, asked, model);
    if (config != "{}") json.key("generationConfig").raw(config);
    json.maybe("safetySettings", detail::own_setting(asked, "safety_settings", "safetySettings"));
    json.maybe("cachedContent", detail::own_setting(asked, "cached_content", "cachedContent"));
    if (const bw::json::Value labels = asked["labels"]) {
        if (!api.is_vertex()) refuse(api, "labels", "it has none");
        json.member("labels", labels);
    }
    detail::write_tier(json, api, asked);
}

}  // namespace gemini
