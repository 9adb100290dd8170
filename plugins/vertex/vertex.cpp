// The vertex provider: Gemini models of Vertex AI, with a service account. The dialect is that of
// the gemini plugin; only places differ.
#include "gemini/api.hpp"
#include "gemini/known_models.hpp"
#include "gemini/provider.hpp"

#include <bellwether/provider.hpp>

#include <string>
#include <string_view>

namespace {

// The regions that are none have hosts of other names.
std::string base_url_of(const std::string& base_url, const std::string& region) {
    if (base_url != "https://" + region + "-aiplatform.googleapis.com") return base_url;
    if (region == "global") return "https://aiplatform.googleapis.com";
    if (region == "us" || region == "eu") {
        return "https://aiplatform." + region + ".rep.googleapis.com";
    }
    return base_url;
}

gemini::Api api_of(const bw::Setup& setup) {
    gemini::Api api;
    api.vendor = "Vertex AI";
    api.credential = "service_account_key";
    api.project = setup.option("project").string();
    if (api.project.empty()) {
        throw bw::Error(BW_E_INVALID, "project is missing: the id of the Google Cloud project");
    }
    const std::string region = setup.option("region").string("us-central1");
    api.base_url = base_url_of(setup.base_url(), region);
    api.folder = api.base_url + "/v1/projects/" + gemini::encoded(api.project) + "/locations/" +
                 gemini::encoded(region) + "/";
    api.models = "publishers/google/models/";
    api.catalogue_url = api.base_url + "/v1beta1/publishers/google/models";
    return api;
}

struct Vertex : gemini::Provider {
    Vertex(const bw::Setup& setup, gemini::Signatures& signatures)
        : Provider(setup, signatures, api_of(setup)) {}
};

}  // namespace

BW_PROVIDER(Vertex, "ai.google.vertex", "1.0.0", R"({
    "summary": "Gemini models of Google's Vertex AI, with a service account",
    "operations": ["chat", "embeddings", "models"],
    "base_url": "https://{region}-aiplatform.googleapis.com",
    "origins": ["https://aiplatform.googleapis.com", "https://aiplatform.us.rep.googleapis.com",
                "https://aiplatform.eu.rep.googleapis.com"],
    "credentials": [{"name": "service_account_key", "kind": "google-service-account",
                     "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
                     "env_file": "GOOGLE_APPLICATION_CREDENTIALS"}],
    "options": {
        "project": {"type": "string", "help": "the id of the Google Cloud project; required"},
        "region": {"type": "string", "default": "us-central1",
                   "help": "where the models run: a region, us, eu or global"}},
    "models": [)" GEMINI_KNOWN_MODELS R"(,
        {"id": "text-embedding-005", "context": 2048, "owned_by": "google"}]
})")
