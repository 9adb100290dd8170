// The gemini provider: the Gemini API of Google AI Studio, with a key.
#include "gemini/api.hpp"
#include "gemini/provider.hpp"
#include "known_models.hpp"

#include <bellwether/provider.hpp>

#include <cstddef>
#include <string>

namespace {

// "https://host/v1beta" uploads to "https://host/upload/v1beta/files".
std::string uploads_url(const std::string& base_url) {
    const std::size_t host = base_url.find("://") + 3;
    const std::size_t slash = base_url.rfind('/');
    if (slash == std::string::npos || slash < host) return base_url + "/upload/v1beta/files";
    return base_url.substr(0, slash) + "/upload" + base_url.substr(slash) + "/files";
}

gemini::Api api_of(const bw::Setup& setup) {
    constexpr std::int64_t k_inline_bytes_max = 15'000'000;
    gemini::Api api;
    api.vendor = "Gemini";
    api.credential = "api_key";
    api.base_url = setup.base_url();
    api.folder = api.base_url + "/";
    api.models = "models/";
    api.catalogue_url = api.folder + "models";
    api.uploads_url = uploads_url(api.base_url);
    api.upload_origin = setup.option("upload_origin").string();
    api.inline_bytes_max = setup.option("inline_bytes_max").integer().value_or(k_inline_bytes_max);
    if (api.inline_bytes_max < 0) {
        throw bw::Error(BW_E_INVALID, "inline_bytes_max is less than nothing");
    }
    return api;
}

struct Gemini : gemini::Provider {
    Gemini(const bw::Setup& setup, gemini::Signatures& signatures)
        : Provider(setup, signatures, api_of(setup)) {}
};

}  // namespace

BW_PROVIDER(Gemini, "ai.google.gemini", "1.0.0", R"({
    "summary": "Google's Gemini API, with a key of AI Studio",
    "operations": ["chat", "embeddings", "models"],
    "base_url": "https://generativelanguage.googleapis.com/v1beta",
    "origins": ["{upload_origin}"],
    "credentials": [{"name": "api_key", "kind": "header", "header": "x-goog-api-key",
                     "env": "GEMINI_API_KEY", "required": true}],
    "options": {
        "inline_bytes_max": {"type": "integer", "default": 15000000,
            "help": "base64 of files in one request; what goes beyond is uploaded first"},
        "upload_origin": {"type": "string", "default": "https://generativelanguage.googleapis.com",
            "help": "where uploads may go on, beside the origin of base_url"}},
    "models": [)" GEMINI_KNOWN_MODELS R"(]
})")
