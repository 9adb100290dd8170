// A provider that speaks, for an imaginary API that makes sound in jobs: POST {base_url}/jobs with
// {"text": ..., "voice": ...} gives {"job": ...}; GET {base_url}/jobs/JOB gives {"state": ...,
// "characters": ...}, and once the state is "done" GET {base_url}/jobs/JOB/sound gives the sound.
#include <bellwether/http/error_class.hpp>
#include <bellwether/http/limit_headers.hpp>
#include <bellwether/http/percent.hpp>
#include <bellwether/http/retry_after.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace json = bw::json;
using std::chrono::milliseconds;

namespace {

// What the API bills: a unit of its own, to which the config can give a price.
bw::Usage characters(std::int64_t count) {
    bw::Usage usage;
    usage.units = {{"character", count}};
    return usage;
}

}  // namespace

class Voice : public bw::Estimates {
  public:
    explicit Voice(const bw::Setup& setup) : host(setup.host()), url(setup.base_url() + "/jobs") {}

    // What the call can use at most: a character is at least a byte.
    void estimate(const bw::Request& request, bw::Estimate estimate) const {
        const std::string text = request.json()["input"].string();
        estimate.bound({characters(static_cast<std::int64_t>(text.size()))});
    }

    class Call;

    bw::Host host;
    std::string url;
};

class Voice::Call {
  public:
    Call(Voice& voice, const bw::Request& request, bw::Attempt attempt)
        : voice_(voice), attempt_(attempt) {
        const json::Value asked = request.json();
        std::string body;
        json::Writer(body)
            .object()
            .member("text", asked["input"].string())
            .member("voice", asked["voice"].string("ann"));
        attempt.send(bw::Send("POST", voice.url).auth("api_key").body(body));
    }

    void head(const bw::Head& head) {
        status_ = head.status();
        wait_ = bw::retry_after_of_headers(head, voice_.host.unix_time());
        bw::tell_limits(attempt_, head, bw::k_limit_headers, voice_.host);
        if (!done_ || !head.ok()) return;
        attempt_.frame(bw::Frame::raw);  // the sound, as it comes
        type_ = head.header("content-type");
        if (type_.empty()) type_ = "audio/mpeg";
    }

    void data(const bw::Frame& frame) {
        if (status_ >= 300) fail(frame.data());
        if (done_) return attempt_.emit_bytes(frame.data(), type_);
        const json::Value said(frame.data());
        if (job_.empty()) job_ = bw::percent_encoded(said["job"].string());
        done_ = said["state"].equals("done");
        if (done_) attempt_.usage(characters(said["characters"].integer().value_or(-1)));
    }

    // The answer to what is sent here comes to head(), data() and end() again.
    void end() {
        if (!type_.empty()) return note();
        if (job_.empty()) throw bw::Error(BW_E_PROTOCOL, "the voice gave no job");
        const std::string url = voice_.url + "/" + job_ + (done_ ? "/sound" : "");
        const milliseconds wait(done_ ? 0 : 500);
        attempt_.send(bw::Send("GET", url).auth("api_key").after(wait));
    }

  private:
    void note() {
        attempt_.attribute("voice.job", job_);
        voice_.host.count("sounds", 1, type_);
    }
    [[noreturn]] void fail(std::string_view body) const {
        const std::string message = json::Value(body)["problem"].string("no reason was given");
        bw::Error error(bw::error_class(status_, {"", "", message}),
                        "the voice failed: " + message);
        error.http_status(status_).raw(body);
        if (wait_) error.retry_after(*wait_);
        throw error;
    }

    Voice& voice_;
    bw::Attempt attempt_;
    std::string job_;
    std::string type_;  // of the sound, once it comes
    bool done_ = false;
    std::uint32_t status_ = 0;
    std::optional<milliseconds> wait_;
};

BW_PROVIDER(Voice, "com.example.voice", "1.0.0", R"({
    "summary": "an imaginary voice",
    "operations": ["speech"],
    "needs": ["emit.bytes"],
    "base_url": "https://voice.example/v1",
    "credentials": [{"name": "api_key", "env": "VOICE_API_KEY"}],
    "counters": {"sounds": "sounds that were made, by their type"}
})")
