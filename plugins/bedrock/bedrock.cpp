// The bedrock provider: the models of Amazon Bedrock, by its Converse API.
#include "answer.hpp"

#include <bellwether/http/aws_error.hpp>
#include <bellwether/http/error_class.hpp>
#include <bellwether/http/percent.hpp>
#include <bellwether/http/retry_after.hpp>

namespace bedrock {

constexpr bw::ErrorRule k_error_rules[] = {
    {BW_E_QUOTA, 0, "", "INVALID_PAYMENT_INSTRUMENT"},
    {BW_E_AUTH, 400, "", "Operation not allowed"},
    {BW_E_NOT_FOUND, 400, "", "model identifier is invalid"},
    {BW_E_NOT_FOUND, 400, "", "on-demand throughput isn"},
    {BW_E_CONTEXT_LENGTH, 400, "", "exceeds maximum length"}};

struct Bedrock {
    explicit Bedrock(const bw::Setup& setup)
        : host(setup.host()), name(setup.name()), models(setup.base_url() + "/model/") {
        // As in AWS's SDKs a key goes before credentials. Neither: a proxy signs, or nobody does.
        if (setup.has_credential("aws")) auth = "aws";
        if (setup.has_credential("api_key")) auth = "api_key";
    }

    class Call;

    bw::Host host;
    std::string name;
    std::string models;
    std::string auth;
};

class Bedrock::Call {
  public:
    Call(Bedrock& provider, const bw::Request& request, bw::Attempt attempt)
        : provider_(provider),
          attempt_(attempt),
          model_(request.model()),
          answer_({attempt, request, provider.host.unix_time()}) {
        const std::string body = converse_body(chat::Request(request.json()));
        std::string url = provider.models + bw::percent_encoded(model_) + "/converse";
        if (request.stream()) url += "-stream";
        bw::Send send("POST", url);
        if (!provider.auth.empty()) send.auth(provider.auth);
        attempt.send(send.frame(request.stream() ? bw::Frame::aws : bw::Frame::whole).body(body));
    }

    void head(const bw::Head& head) {
        status_ = head.status();
        kind_ = head.header("x-amzn-errortype");
        wait_ = bw::retry_after_of_headers(head, provider_.host.unix_time());
        const std::string_view id = head.header("x-amzn-requestid");
        if (id.empty()) return;
        attempt_.reply_header("x-amzn-requestid", id);
        attempt_.attribute("aws.request_id", id);
    }

    void data(const bw::Frame& frame) {
        const std::string_view type = frame.header(":message-type");
        const bool failed = type == "exception" || type == "error";
        if (failed) kind_ = frame.event();
        if (failed || status_ < 200 || status_ > 299) fail(frame);
        const json::Value said(frame.data());
        const bool whole = frame.is_whole();
        const bool silent = frame.data().empty() && !whole;
        const bool good = silent || (json::valid(frame.data()) && (!whole || said["output"]));
        if (!good) broken("malformed_reply", " did not answer as Bedrock does; check its base_url");
        whole ? answer_.take(said) : answer_.take(frame.event(), said);
    }

    void end() {
        if (!answer_.end()) broken("stream_truncated", " cut its answer before it was complete");
    }

  private:
    [[noreturn]] void broken(const char* code, const char* what) const {
        throw bw::Error(BW_E_PROTOCOL, provider_.name + what).code(code);
    }
    [[noreturn]] void fail(const bw::Frame& frame) const {
        const bw::AwsError told =
            bw::read_aws_error(status_, kind_, frame.data(), frame.header(":error-message"));
        const auto& [kind, message, http_status] = told;
        const bw_status status = bw::error_class(http_status, {kind, "", message}, k_error_rules);
        const bool refused = status == BW_E_AUTH;
        const char* const advice = refused ? "; check its credentials and what they allow" : "";
        bw::Error error(status, provider_.name + " failed for " + json::quote(model_) + ": " +
                                    told.words() + advice);
        error.http_status(http_status).code(kind).type(kind).raw(refused ? "" : frame.data());
        if (wait_) error.retry_after(*wait_);
        throw error;
    }

    Bedrock& provider_;
    bw::Attempt attempt_;
    std::string model_;
    Answer answer_;
    std::uint32_t status_ = 0;
    std::string kind_;  // of the error, as a header names it
    std::optional<std::chrono::milliseconds> wait_;
};

}  // namespace bedrock

BW_PROVIDER(bedrock::Bedrock, "com.amazon.bedrock", "1.0.0", R"({
    "summary": "Amazon Bedrock's models, by its Converse API", "operations": ["chat"],
    "base_url": "https://bedrock-runtime.{region}.amazonaws.com",
    "needs": ["frame.aws", "auth.aws-sigv4"], "response_headers": ["x-amzn-requestid"],
    "credentials": [
        {"name": "api_key", "kind": "bearer", "env": "AWS_BEARER_TOKEN_BEDROCK", "required": false},
        {"name": "aws", "kind": "aws-sigv4", "region": "{region}", "service": "bedrock",
         "id": "access_key_id", "secret": "secret_access_key", "session_token": "session_token",
         "profile": "{profile}", "required": false}],
    "options": {"region": {"type": "string", "default": "us-east-1", "help": "the AWS region"},
                "profile": {"type": "string", "default": "", "help": "of AWS's own files"}}
})")
