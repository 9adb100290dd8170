// A provider for an imaginary API: POST {base_url}/ask with {"question": ...}, answered by one JSON
// object {"answer": ..., "tokens": ...} or by {"problem": ...}.
#include <bellwether/provider.hpp>

#include <string>

namespace json = bw::json;

class Oracle {
  public:
    explicit Oracle(const bw::Setup& setup)
        : host(setup.host()), url(setup.base_url() + "/ask"), tone(setup.option("tone").string()) {}

    class Call;

    bw::Host host;
    std::string url;
    std::string tone;
};

class Oracle::Call {
  public:
    // Asks. What the request needs later is copied: it is gone when the constructor returns.
    Call(Oracle& oracle, const bw::Request& request, bw::Exchange exchange)
        : oracle_(oracle), exchange_(exchange), model_(request.model()), id_(request.id()) {
        if (request.operation() != bw::Operation::chat || request.stream()) {
            throw bw::Error(BW_E_UNSUPPORTED, "the oracle serves chat without a stream");
        }
        std::string question;
        for (const json::Value& message : request.json()["messages"].elements()) {
            question += message["content"].string() + "\n";
        }
        exchange_.send("POST", oracle.url, bw::Frame::whole)
            .secret("authorization", "Bearer ", "api_key")
            .body("{\"tone\":" + json::quote(oracle.tone) +
                  ",\"question\":" + json::quote(question) + "}");
    }

    void head(const bw::Head& head) { status_ = head.status(); }

    // The body, whole; also that of an error.
    void data(const bw::Frame& frame) {
        const json::Value body(frame.data());
        if (status_ == 429) throw bw::Error(BW_E_RATE, "the oracle needs a rest").http_status(429);
        if (status_ != 200) {
            throw bw::Error(BW_E_UPSTREAM, "the oracle failed: " + body["problem"].string("?"))
                .http_status(status_);
        }
        if (body["answer"].kind() != json::Kind::string) {
            throw bw::Error(BW_E_PROTOCOL, "the oracle's answer has no \"answer\"");
        }
        bw::Usage usage;
        usage.output = body["tokens"].integer().value_or(-1);
        exchange_.usage(usage);
        exchange_.emit_reply(reply(body["answer"].raw()));
    }

  private:
    std::string reply(std::string_view answer) const {
        const auto created = oracle_.host.unix_time().count() / 1000;
        return "{\"id\":" + json::quote("chatcmpl-" + id_) +
               ",\"object\":\"chat.completion\",\"created\":" + std::to_string(created) +
               ",\"model\":" + json::quote(model_) +
               ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":" +
               std::string(answer) + "},\"logprobs\":null,\"finish_reason\":\"stop\"}]}";
    }

    Oracle& oracle_;
    bw::Exchange exchange_;
    std::string model_;
    std::string id_;
    std::uint32_t status_ = 0;
};

BW_PROVIDER(Oracle, "com.example.oracle", "1.0.0", R"({
    "summary": "an imaginary oracle",
    "base_url": "https://oracle.example/v1",
    "secrets": [{"name": "api_key", "env": "ORACLE_API_KEY", "required": true}],
    "options": {"tone": {"type": "string", "values": ["plain", "solemn"], "help": "how it speaks"}},
    "models": [{"id": "delphi-1", "context": 8192}]
})")
