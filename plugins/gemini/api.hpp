// One of the two services that speak this dialect: the Gemini API, or Vertex AI.
#pragma once

#include "gemini/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gemini {

struct Api {
    std::string vendor;         // for messages
    std::string credential;     // by its name in the manifest
    std::string base_url;       // what names of files go behind
    std::string folder;         // what names of models go behind: a URL that ends with a slash
    std::string models;         // the folder within it of a model that names none, with its slash
    std::string catalogue_url;  // the list of models
    std::string project;        // of Vertex AI: the one that pays

    std::string uploads_url;            // where uploads start; empty: there are none
    std::string upload_origin;          // where they may go on, beside the origin of base_url
    std::int64_t inline_bytes_max = 0;  // of base64 in a request, before files are uploaded

    bool is_vertex() const { return !project.empty(); }
};

// "models/gemini-2.5-flash". A model of another folder brings that along: "tunedModels/mine",
// "endpoints/123", "publishers/google/models/gemini-2.5-flash".
inline std::string model_path(const Api& api, std::string_view model) {
    constexpr std::string_view k_owner = "google/";
    if (api.is_vertex() && model.substr(0, k_owner.size()) == k_owner) {
        model.remove_prefix(k_owner.size());
    }
    for (const std::string_view known : {"models/", "tunedModels/", "publishers/", "endpoints/"}) {
        if (model.substr(0, known.size()) == known) return encoded_path(model);
    }
    return api.models + encoded(model);
}

inline std::string method_url(const Api& api, std::string_view model, std::string_view method) {
    return api.folder + model_path(api, model) + ":" + std::string(method);
}

}  // namespace gemini
