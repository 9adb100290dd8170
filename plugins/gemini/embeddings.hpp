// Embeddings: of the Gemini API in batches, of Vertex AI by prediction, of its newer models one by
// one. As many requests as it takes, one after the other.
#pragma once

#include "gemini/api.hpp"
#include "gemini/errors.hpp"
#include "gemini/members.hpp"
#include "gemini/usage.hpp"

#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/openai_compatible/embeddings.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemini {

// Which of the three forms a model takes.
enum class EmbeddingForm { batch, predict, single };

inline EmbeddingForm embedding_form(const Api& api, std::string_view model) {
    if (!api.is_vertex()) return EmbeddingForm::batch;
    const bool newer = model.find("gemini") != std::string_view::npos &&
                       model.find("gemini-embedding-001") == std::string_view::npos;
    return newer ? EmbeddingForm::single : EmbeddingForm::predict;
}

// How many texts one request may have.
inline std::size_t embedding_batch(EmbeddingForm form, std::string_view model) {
    if (form == EmbeddingForm::batch) return 100;
    const bool one = form == EmbeddingForm::single || model.find("gemini") != model.npos;
    return one ? 1 : 250;
}

class Embeddings {
  public:
    Embeddings(const Api& api, const bw::Request& request, const bw::Attempt& attempt)
        : api_(&api),
          attempt_(attempt),
          model_(request.model()),
          form_(embedding_form(api, model_)) {
        read(request.json());
        ask();
    }

    void head(const bw::Head&) {}
    void data(const bw::Frame& frame) {
        if (!bw::json::valid(frame.data())) throw senseless(*api_, "sent what is not JSON");
        const Value body(frame.data());
        const std::size_t before = embedded_;
        for (const Value& each : body["embeddings"].elements()) add(each["values"]);
        for (const Value& each : body["predictions"].elements()) {
            add(each["embeddings"]["values"]);
            count(each["embeddings"]["statistics"]["token_count"].number());
        }
        if (const Value single = body["embedding"]) add(single["values"]);
        count(body["usageMetadata"]["promptTokenCount"].number());
        if (embedded_ - before != batch_size()) {
            throw senseless(*api_, "sent another number of embeddings than was asked for");
        }
    }
    void end() {
        asked_ += batch_size();
        asked_ < texts_.size() ? ask() : reply();
    }

  private:
    void read(const Value& asked) {
        for (const bw::json::Member& member : asked.members()) {
            bool known = false;
            for (const char* name :
                 {"model", "input", "dimensions", "encoding_format", "user", "task_type"}) {
                known = known || member.key_is(name);
            }
            if (!known && member.value()) refuse(*api_, member.key(), "it has no such setting");
        }
        const Value input = asked["input"];
        if (input.kind() == bw::json::Kind::string) texts_.emplace_back(input.raw());
        for (const Value& each : input.elements()) {
            if (each.kind() != bw::json::Kind::string)
                refuse(*api_, "input", "it takes texts only");
            texts_.emplace_back(each.raw());
        }
        if (texts_.empty()) throw bw::Error(BW_E_INVALID, "input has no text").param("input");
        dimensions_ = asked["dimensions"].integer();
        task_type_ = asked["task_type"].string();
        as_base64_ = asked["encoding_format"].equals("base64");
    }
    std::size_t batch_size() const {
        return std::min(embedding_batch(form_, model_), texts_.size() - asked_);
    }

    void ask() {
        constexpr std::string_view k_methods[] = {"batchEmbedContents", "predict", "embedContent"};
        const std::string url =
            method_url(*api_, model_, k_methods[static_cast<std::size_t>(form_)]);
        const std::string body = this->body();
        attempt_.send(bw::Send("POST", url).auth(api_->credential).body(body));
    }
    std::string body() const {
        std::string out;
        bw::json::Writer json(out);
        json.object();
        if (form_ == EmbeddingForm::batch) json.array("requests");
        if (form_ == EmbeddingForm::predict) json.array("instances");
        for (std::size_t i = asked_; i < asked_ + batch_size(); ++i) write_text(json, texts_[i]);
        if (form_ != EmbeddingForm::single) json.end();
        if (form_ == EmbeddingForm::predict && dimensions_) {
            json.object("parameters").member("outputDimensionality", *dimensions_).end();
        }
        json.finish();
        return out;
    }
    void write_text(bw::json::Writer& json, const std::string& text) const {
        if (form_ == EmbeddingForm::predict) {
            json.object().key("content").raw(text).maybe("task_type", task_type_).end();
            return;
        }
        if (form_ == EmbeddingForm::batch) json.object().member("model", model_path(*api_, model_));
        json.object("content").array("parts").object().key("text").raw(text).end().end().end();
        json.maybe("taskType", task_type_).maybe("outputDimensionality", dimensions_);
        if (form_ == EmbeddingForm::batch) json.end();
    }

    // An array of numbers, in the form that the client asked for.
    void add(const Value& values) {
        const auto base64 = bw::openai::detail::floats_to_base64(values);
        if (values.kind() != bw::json::Kind::array || !base64) {
            throw senseless(*api_, "sent an embedding that is none");
        }
        if (!data_.empty()) data_ += ',';
        bw::json::Writer json(data_);
        json.object().member("object", "embedding").member("index", embedded_);
        json.key("embedding").raw(as_base64_ ? std::string_view(*base64) : values.raw());
        json.finish();
        ++embedded_;
    }
    void count(const std::optional<double>& tokens) {
        constexpr double k_tokens_max = 1e15;
        if (!tokens || !(*tokens >= 0 && *tokens < k_tokens_max)) return;
        tokens_ = std::max<std::int64_t>(tokens_, 0) + static_cast<std::int64_t>(*tokens);
        bw::Usage usage;
        usage.input = tokens_;
        attempt_.usage(usage);
    }
    void reply() {
        std::string out;
        bw::json::Writer json(out);
        json.object().member("object", "list").array("data").raw(data_).end();
        json.member("model", model_);
        const std::int64_t tokens = std::max<std::int64_t>(tokens_, 0);
        json.object("usage").member("prompt_tokens", tokens).member("total_tokens", tokens);
        json.finish();
        attempt_.emit_reply(out);
    }

    const Api* api_;
    bw::Attempt attempt_;
    std::string model_;
    EmbeddingForm form_;
    std::vector<std::string> texts_;  // JSON strings
    std::optional<std::int64_t> dimensions_;
    std::string task_type_;
    bool as_base64_ = false;
    std::size_t asked_ = 0;     // texts that have been answered
    std::size_t embedded_ = 0;  // elements of `data`
    std::int64_t tokens_ = -1;
    std::string data_;
};

}  // namespace gemini
