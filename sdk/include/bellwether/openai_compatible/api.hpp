// What one OpenAI-compatible API is like, as a table of constants, and the manifest that follows
// from it. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/http/error_class.hpp>
#include <bellwether/http/limit_headers.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::openai {

// A constant array and its length; made from the array itself.
template <typename T>
class List {
  public:
    constexpr List() = default;
    template <std::size_t Size>
    constexpr List(const T (&items)[Size]) : items_(items), size_(Size) {}
    constexpr const T* begin() const { return items_; }
    constexpr const T* end() const { return items_ + size_; }
    constexpr std::size_t size() const { return size_; }

  private:
    const T* items_ = nullptr;
    std::size_t size_ = 0;
};

// A model known when the plugin was built. Others are sent all the same.
struct Model {
    std::string_view id;
    std::int64_t context = 0;     // tokens; 0: not known
    std::int64_t max_output = 0;  // tokens; 0: not known
    std::string_view owned_by = "";
    // Answers only as a stream: the provider streams and folds when the client did not ask for one,
    // unless Quirks::default_enable_thinking_false helps.
    bool stream_only = false;
};

// The beginning of a key that belongs to another vendor.
struct ForeignKey {
    std::string_view prefix;
    std::string_view vendor;
    bool certain = true;  // false: the host warns instead of refusing
};

using bw::ErrorRule;
using bw::LimitHeaders;

// A credential that will do instead of the API key.
struct Credential {
    std::string_view name;    // in the manifest
    std::string_view entry;   // the rest of its entry there: `"kind":"...", ...`
    std::string_view meant;   // the option that says it is meant, whatever the environment has
    std::string_view called;  // in messages: "Entra ID token"
    std::string_view keys;  // of the config, in messages: "tenant_id, client_id and client_secret"
};

// An API of which the config may ask for an older version, by its date. The newest needs no date.
struct Versions {
    std::string_view option = "";       // of the config; empty: there are no older ones
    std::string_view newest = "";       // the option's value for it, as is an empty one
    std::string_view path_prefix = "";  // of an older one; {model} is the request's model
    std::string_view query = "";        // what comes before the date: "?api-version="
};

// When a call needs an API key.
enum class KeyNeed {
    always,
    at_default_base_url,  // and not where the config points elsewhere: a local server asks for none
    never
};

// Where an API departs from OpenAI's.
struct Quirks {
    bool stream_options = true;         // false: it does not take `stream_options`; left out
    bool max_completion_tokens = true;  // false: it only knows `max_tokens`; renamed
    bool max_tokens = true;             // false: it only knows `max_completion_tokens`; renamed
    bool developer_role = true;         // false: it only knows the role `system`; renamed
    bool rename_reasoning = false;      // it says `reasoning` where others say `reasoning_content`
    bool base64_embeddings = true;      // false: it refuses them; asked for floats, converted here
    KeyNeed key = KeyNeed::always;
    // A model marked stream_only answers without a stream once thinking is off: sets
    // `"enable_thinking":false` unless the client says otherwise.
    bool default_enable_thinking_false = false;
    std::string_view path_prefix = "";  // between base_url and "/chat/completions"
    bool configurable = false;          // the config may override all of these, and add headers
};

// The whole table. What has no default must be given.
struct Api {
    std::string_view id;        // of the plugin, reverse domain: "ai.example"
    std::string_view version;   // of the plugin
    std::string_view vendor;    // as people write it, for messages: "Example"
    std::string_view summary;   // one line for `plugin list`
    std::string_view base_url;  // with the version, without a trailing slash: ".../v1"
    std::string_view base_url_env = "";
    std::string_view secret_env = "";   // the variable of the API key
    std::string_view key_header = "";   // that has the API key; empty: it is a bearer's
    List<Credential> credentials = {};  // if there are any, the config gives one of all or the key
    Versions versions = {};
    std::string_view options = "";  // more members of the manifest's "options"
    List<ForeignKey> foreign_keys = {};
    List<Model> models = {};
    List<ErrorRule> error_rules = {};
    List<LimitHeaders> limit_headers = k_limit_headers;  // which tell what is left of its limits
    Quirks quirks = {};
    bool embeddings = true;
    bool completions = true;
    bool images = false;       // generations at "/images/generations"
    bool speech = false;       // at "/audio/speech"
    bool lists_models = true;  // at "/models", by the names that requests have
    // Whether a server at another base_url has the same models, as a mirror does. False for what
    // many servers speak: those of the table are listed at the base_url of the table only.
    bool models_elsewhere = true;
    // The member that makes a last message of the assistant the beginning of the answer, such as
    // "partial"; empty: the API has none. See "continues_with" in provider.h.
    std::string_view continues_with = "";
    // What a request can cost at most, where the host cannot know it; nullptr: the host can.
    Bounds (*bounds)(const Request& request) = nullptr;
};

namespace detail {

inline std::string credentials_json(const Api& api) {
    const bool required = api.quirks.key == KeyNeed::always && api.credentials.size() == 0;
    std::string out = R"([{"name":"api_key",)";
    out += api.key_header.empty() ? R"("kind":"bearer")"
                                  : R"("kind":"header","header":)" + json::quote(api.key_header);
    out += ",\"env\":" + json::quote(api.secret_env) +
           ",\"required\":" + (required ? "true" : "false") + ",\"foreign\":[";
    for (const ForeignKey& key : api.foreign_keys) {
        if (out.back() != '[') out += ',';
        out += "{\"prefix\":" + json::quote(key.prefix) + ",\"vendor\":" + json::quote(key.vendor) +
               ",\"certain\":" + (key.certain ? "true" : "false") + "}";
    }
    out += "]}";
    for (const Credential& other : api.credentials) {
        out += ",{\"name\":" + json::quote(other.name) + ",\"required\":false,";
        out.append(other.entry).append("}");
    }
    return out + "]";
}

inline std::string models_json(const Api& api) {
    std::string out = "[";
    for (const Model& model : api.models) {
        if (out.size() > 1) out += ',';
        out += "{\"id\":" + json::quote(model.id);
        if (model.context > 0) out += ",\"context\":" + std::to_string(model.context);
        if (model.max_output > 0) out += ",\"max_output\":" + std::to_string(model.max_output);
        if (!model.owned_by.empty()) out += ",\"owned_by\":" + json::quote(model.owned_by);
        if (model.stream_only) out += ",\"stream_only\":true";
        out += '}';
    }
    return out + "]";
}

inline std::string options_json(const Api& api) {
    const Quirks& quirks = api.quirks;
    const std::string more(api.options);
    if (!quirks.configurable) return "{" + more + "}";
    const auto flag = [](const char* name, bool value, const char* help) {
        return std::string("\"") + name +
               "\":{\"type\":\"boolean\",\"default\":" + (value ? "true" : "false") +
               ",\"help\":\"" + help + "\"},";
    };
    return "{" +
           flag("stream_options", quirks.stream_options,
                "false: leave stream_options out, the API refuses it") +
           flag("max_completion_tokens", quirks.max_completion_tokens,
                "false: send it as max_tokens, the API knows only that") +
           flag("max_tokens", quirks.max_tokens,
                "false: send it as max_completion_tokens, the API refuses it") +
           flag("developer_role", quirks.developer_role,
                "false: send the role developer as system, the API knows only that") +
           flag("rename_reasoning", quirks.rename_reasoning,
                "true: hand on the field reasoning as reasoning_content") +
           flag("base64_embeddings", quirks.base64_embeddings,
                "false: ask for embeddings as floats, the API refuses encoding_format base64") +
           flag("default_enable_thinking_false", quirks.default_enable_thinking_false,
                "true: without a stream, set enable_thinking to false unless the client sets it") +
           R"("path_prefix":{"type":"string","default":)" + json::quote(quirks.path_prefix) +
           R"(,"help":"what stands between base_url and /chat/completions"},)"
           R"("headers":{"type":"table","help":"headers to add to every request; no secrets"})" +
           (more.empty() ? more : "," + more) + "}";
}

}  // namespace detail

// The plugin's manifest.
inline std::string manifest(const Api& api) {
    std::string out = "{\"summary\":" + json::quote(api.summary) + R"(,"operations":["chat")";
    if (api.completions) out += ",\"completions\"";
    if (api.embeddings) out += ",\"embeddings\"";
    if (api.images) out += ",\"images\"";
    if (api.speech) out += ",\"speech\"";
    if (api.lists_models) out += ",\"models\"";
    out += "],\"base_url\":" + json::quote(api.base_url);
    if (!api.base_url_env.empty()) out += ",\"base_url_env\":" + json::quote(api.base_url_env);
    if (!api.secret_env.empty()) out += ",\"credentials\":" + detail::credentials_json(api);
    out += ",\"options\":" + detail::options_json(api);
    if (!api.models_elsewhere) out += ",\"models_elsewhere\":false";
    if (!api.continues_with.empty()) {
        out += ",\"continues_with\":" + json::quote(api.continues_with);
    }
    return out + ",\"models\":" + detail::models_json(api) + "}";
}

}  // namespace bw::v1::openai
