// The dashscope provider: Alibaba's Model Studio in its own dialect. The headers beside say what is
// asked and what is answered; here is the way between.
#include "answer.hpp"
#include "embeddings.hpp"
#include "failure.hpp"
#include "images.hpp"
#include "parameters.hpp"

#include <bellwether/http/retry_after.hpp>
#include <bellwether/qwen/bounds.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dashscope {

class DashScope : public bw::Estimates {
  public:
    explicit DashScope(const bw::Setup& setup) : host_(setup.host()), url_(setup.base_url()) {
        for (const json::Value& part : setup.option("multimodal_models").elements()) {
            multimodal_.push_back(part.string());
        }
    }
    void estimate(const bw::Request& request, bw::Estimate estimate) const {
        bw::Bounds bounds = bw::qwen::bounds(request);
        if (request.operation() == bw::Operation::images) {
            bounds.most.units.push_back({"image", images_asked(request.json())});
        }
        estimate.bound(bounds);
    }

    class Call;

  private:
    bool is_multimodal(const std::string& model) const {
        return std::any_of(multimodal_.begin(), multimodal_.end(), [&](const std::string& part) {
            return bw::ascii::contains_nocase(model, part);
        });
    }

    bw::Host host_;
    std::string url_;
    std::vector<std::string> multimodal_;  // parts of models' names
};

class DashScope::Call {
  public:
    Call(DashScope& provider, const bw::Request& request, bw::Attempt attempt)
        : provider_(provider), attempt_(attempt), model_(request.model()) {
        if (request.operation() == bw::Operation::embeddings) {
            base64_ = request.json()["encoding_format"].equals("base64");
            post("/services/embeddings/text-embedding/text-embedding",
                 embeddings_body(request.json(), texts_));
        } else if (request.operation() == bw::Operation::images) {
            task_.emplace(request.deadline(), provider.host_.unix_time());
            post("/services/aigc/text2image/image-synthesis", images_body(request.json()),
                 "x-dashscope-async");
        } else {
            answer_.emplace(attempt, request, provider.host_);
            generate(request, chat::Request(request.json()));
        }
    }

    void head(const bw::Head& head) {
        status_ = head.status();
        wait_ = bw::retry_after_of_headers(head, provider_.host_.unix_time());
    }

    void data(const bw::Frame& frame) {
        const json::Value body(frame.data());
        const bool right = json::valid(frame.data()) && body.kind() == json::Kind::object;
        if (right) name(body["request_id"].string());
        const bool refused = status_ < 200 || status_ >= 300 || frame.event() == "error";
        if (refused || (right && has_failed(body))) {
            return fail(failure(status_, body, frame.data(), wait_));
        }
        if (!right) throw bw::Error(BW_E_PROTOCOL, "DashScope sent what is no JSON object");
        begun_ = true;
        if (answer_) return answer_->take(body);
        if (task_) return take_task(body);
        take_embeddings(body);
    }

    void end() {
        if (answer_ && !answer_->end()) throw bw::Error(BW_E_PROTOCOL, "the answer was cut");
        if (!task_ || task_->is_over()) return;
        const std::string url = provider_.url_ + "/tasks/" + task_->id();
        attempt_.send(bw::Send("GET", url)
                          .after(task_->next_wait(wait_, provider_.host_.unix_time()))
                          .auth("api_key"));
    }

  private:
    // Models that think, and some others, answer only as a stream, or break off after a while.
    void generate(const bw::Request& request, const chat::Request& asked) {
        if (const auto wrong = asked.problem()) {
            throw bw::Error(BW_E_INVALID, wrong->message).param(wrong->param);
        }
        bw::qwen::ThinkingWords thinking;
        for (const json::Member& member : asked.raw().members()) thinking.take(member);
        const bool streams = request.stream() || thinking.enable.boolean(false) ||
                             bw::qwen::thinks(bw::qwen::find_model(model_), thinking) ||
                             bw::ascii::contains_nocase(model_, "omni");
        const bool in_parts = has_media(asked) || provider_.is_multimodal(model_);
        post(in_parts ? "/services/aigc/multimodal-generation/generation"
                      : "/services/aigc/text-generation/generation",
             generation_body(asked, in_parts, streams), streams ? "x-dashscope-sse" : nullptr);
    }
    // `enable`: the header that asks for an event stream, or for a task.
    void post(const char* path, const std::string& body, const char* enable = nullptr) {
        const std::string url = provider_.url_ + path;
        bw::Send send("POST", url);
        // Cut as events the answer shows an error that comes as one; but asked for like that, the
        // vendor streams whatever the header says that follows.
        if (answer_) send.frame(bw::Frame::sse);
        send.header("accept",
                    answer_ && enable != nullptr ? "text/event-stream" : "application/json");
        if (enable != nullptr) send.header(enable, "enable");
        attempt_.send(send.auth("api_key").body(body));
    }
    // By this the vendor finds the call again. A header can only go out before the answer does.
    void name(const std::string& id) {
        if (id.empty() || std::exchange(named_, true)) return;
        attempt_.attribute("dashscope.request_id", id);
        if (!begun_ || task_) attempt_.reply_header("x-dashscope-request-id", id);
    }
    void take_embeddings(const json::Value& body) {
        bw::Usage usage;
        usage.input = body["usage"]["total_tokens"].integer().value_or(-1);
        const auto tokens = std::max<std::int64_t>(usage.input, 0);
        const std::string reply = embeddings_reply(body, model_, base64_, texts_, tokens);
        attempt_.usage(usage);
        attempt_.emit_reply(reply);
    }
    void take_task(const json::Value& body) {
        task_->answered();
        if (!task_->take(body)) return;
        std::int64_t made = 0;
        const json::Value output = body["output"];
        const std::string reply = images_reply(output, provider_.host_.unix_time(), made);
        if (made == 0) throw failure(200, output["results"].at(0), body.raw(), {});
        bw::Usage usage;
        const auto counted = body["usage"]["image_count"].integer();
        usage.units.push_back({"image", std::max(counted.value_or(made), made)});
        attempt_.usage(usage);
        attempt_.emit_reply(reply);
    }
    void fail(const bw::Error& error) {
        if (!task_ || !task_->may_fail(error)) throw error;
    }

    DashScope& provider_;
    bw::Attempt attempt_;
    std::string model_;
    std::optional<Answer> answer_;  // chat alone
    std::optional<Task> task_;      // images alone
    std::size_t texts_ = 0;         // embeddings alone, as is the next one
    bool base64_ = false;
    bool named_ = false;
    bool begun_ = false;  // a part of the answer may be out
    std::uint32_t status_ = 0;
    std::optional<std::chrono::milliseconds> wait_;
};

}  // namespace dashscope

BW_PROVIDER(dashscope::DashScope, "com.aliyun.dashscope", "1.0.0", R"({
    "summary": "Alibaba's DashScope (Qwen) in its own dialect",
    "operations": ["chat", "embeddings", "images"],
    "base_url": "https://{endpoint}.aliyuncs.com/api/v1",
    "base_url_env": "DASHSCOPE_BASE_URL",
    "credentials": [{"name": "api_key", "kind": "bearer", "env": "DASHSCOPE_API_KEY",
                     "required": true}],
    "options": {
        "endpoint": {"type": "string", "default": "dashscope",
                     "values": ["dashscope", "dashscope-intl", "dashscope-us",
                                "cn-hongkong.dashscope"],
                     "help": "where the key was made: Beijing, Singapore, Virginia or Hong Kong"},
        "multimodal_models": {"type": "array",
                              "default": ["-vl", "qvq", "omni", "audio", "ocr", "asr", "qwen3.5",
                                          "qwen3.6-plus", "qwen3.6-flash", "qwen3.7-plus"],
                              "help": "parts of the names of models that are served as multimodal"}
    },
    "response_headers": ["x-dashscope-request-id"],
    "continues_with": "partial",
    "models": [
        {"id": "qwen-max", "context": 32768, "max_output": 8192, "owned_by": "alibaba"},
        {"id": "qwen-plus", "context": 1000000, "max_output": 32768, "owned_by": "alibaba"},
        {"id": "qwen-turbo", "context": 131072, "max_output": 16384, "owned_by": "alibaba"},
        {"id": "qwen-flash", "context": 1000000, "max_output": 32768, "owned_by": "alibaba"},
        {"id": "qwen3-max", "context": 262144, "max_output": 65536, "owned_by": "alibaba"},
        {"id": "qwen3-vl-plus", "context": 262144, "max_output": 32768, "owned_by": "alibaba"},
        {"id": "qwen3.5-plus", "context": 1000000, "max_output": 65536, "owned_by": "alibaba"},
        {"id": "qwen3.6-plus", "context": 1000000, "max_output": 65536, "owned_by": "alibaba"},
        {"id": "qwen3.7-plus", "context": 1000000, "max_output": 65536, "owned_by": "alibaba"},
        {"id": "text-embedding-v4", "context": 8192, "owned_by": "alibaba"}
    ]
})")
