// A provider for an imaginary API: POST {base_url}/ask with {"question": ...}, answered by one JSON
// object {"answer": ..., "tokens": ...} or by {"problem": ...}.
#include <bellwether/chat/reply.hpp>
#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>
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
    Call(Oracle& oracle, const bw::Request& request, bw::Attempt attempt)
        : reply_(attempt, request, oracle.host.unix_time()) {
        std::string question;
        for (const bw::chat::Turn& turn : bw::chat::Request(request.json()).turns()) {
            question += turn.text() + "\n";
        }
        std::string body;
        json::Writer(body).object().member("tone", oracle.tone).member("question", question);
        attempt.send(bw::Send("POST", oracle.url).auth("api_key").body(body));
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
        reply_.text(body["answer"].string()).usage(usage).finish(bw::chat::Finish::stop);
    }

    // A chunk or two if the client wanted a stream, else one reply.
    void end() {
        if (!reply_.end()) throw bw::Error(BW_E_PROTOCOL, "the oracle fell silent");
    }

  private:
    bw::chat::Reply<bw::Attempt> reply_;
    std::uint32_t status_ = 0;
};

BW_PROVIDER(Oracle, "com.example.oracle", "1.0.0", R"({
    "summary": "an imaginary oracle",
    "base_url": "https://oracle.example/v1",
    "credentials": [{"name": "api_key", "env": "ORACLE_API_KEY", "required": true}],
    "options": {"tone": {"type": "string", "values": ["plain", "solemn"], "help": "how it speaks"}},
    "models": [{"id": "delphi-1", "context": 8192}]
})")
