// The list of models, page by page.
#pragma once

#include "gemini/api.hpp"
#include "gemini/errors.hpp"

#include <bellwether/json.hpp>
#include <bellwether/provider.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gemini {

class Models {
  public:
    Models(const Api& api, const bw::Attempt& attempt) : api_(&api), attempt_(attempt) { ask(); }

    void head(const bw::Head&) {}
    void data(const bw::Frame& frame) {
        if (!bw::json::valid(frame.data())) throw senseless(*api_, "sent what is not JSON");
        const Value body(frame.data());
        for (const Value& model : body["models"].elements()) add(model);
        for (const Value& model : body["publisherModels"].elements()) add(model);
        const std::string next = body["nextPageToken"].string();
        page_ = next == page_ ? std::string() : next;
    }
    void end() {
        if (page_.empty()) return;
        if (++pages_ == k_pages_max) throw senseless(*api_, "never ends its list of models");
        ask();
    }

  private:
    static constexpr int k_pages_max = 100;

    void ask() {
        const std::string size = api_->is_vertex() ? "?pageSize=100" : "?pageSize=1000";
        std::string url = api_->catalogue_url + size;
        if (!page_.empty()) url += "&pageToken=" + encoded(page_);
        bw::Send send("GET", url);
        if (api_->is_vertex()) send.header("x-goog-user-project", api_->project);
        attempt_.send(send.auth(api_->credential));
    }
    // "models/gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"; other folders stay.
    void add(const Value& model) {
        std::string name = model["name"].string();
        for (const std::string_view folder : {"models/", "publishers/google/models/"}) {
            if (name.compare(0, folder.size(), folder) == 0) name.erase(0, folder.size());
        }
        constexpr std::size_t k_name_max = 256;
        if (name.empty() || name.size() > k_name_max) return;
        bw::ModelFacts facts;
        facts.id = name;
        facts.owned_by = "google";
        facts.context_tokens = model["inputTokenLimit"].integer().value_or(0);
        facts.output_tokens_max = model["outputTokenLimit"].integer().value_or(0);
        facts.details = model.raw();
        attempt_.add_model(facts);
    }

    const Api* api_;
    bw::Attempt attempt_;
    std::string page_;
    int pages_ = 0;
};

}  // namespace gemini
