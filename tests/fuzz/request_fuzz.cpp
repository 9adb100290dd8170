// A request's body as the host reads and rewrites it: what it accepts has one meaning, and what it
// sends upstream is the same request with another model.
// Setting: operation.
#include <algorithm>

#include "fuzz.hpp"
#include "json/request.hpp"
#include "json/upstream_body.hpp"
#include "json/value.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

using json::Value;

// Members that the host does not rewrite, in their order.
std::string others(std::string_view object) {
    std::string out;
    for (const json::Member& member : Value(object).members()) {
        if (member.key_is("model") || member.key_is("stream_options")) continue;
        out.append(member.raw_key()).append(":").append(member.value().raw()).append("\n");
    }
    return out;
}

void check_span(const Call& call, BodySpan span) {
    require(span.offset + span.length <= call.body.size(), "a span lies within the body");
    if (span.length == 0) return;
    require(json::valid(std::string_view(call.body).substr(span.offset, span.length)),
            "a span is a value");
}

void check_refusal(const Error& error) {
    require(error.kind == ErrorKind::invalid, "a bad body is the client's mistake");
    require(!error.message.empty(), "a refusal says why");
    require(json::valid(json::quote(error.message)), "a refusal can be sent");
}

// The body with one member after the other replaced, each by a walk of its own.
std::string plainly_rewritten(const Call& call, std::string_view model) {
    std::string body = call.body;
    if (model != call.model) body = json::with_member(body, "model", json::quote(model));
    if (!call.stream || call.asked.usage) return body;
    const Value options = Value(body)["stream_options"];
    const std::string asking = options.kind() == json::Kind::object
                                   ? json::with_member(options.raw(), "include_usage", "true")
                                   : std::string(R"({"include_usage":true})");
    return json::with_member(body, "stream_options", asking);
}

void check_upstream_body(const Call& call, std::string_view model) {
    const std::string rewritten = json::upstream_body(call, model);
    const std::string& body = rewritten.empty() ? call.body : rewritten;
    require(body == plainly_rewritten(call, model), "spans are where the members are");
    require(others(body) == others(call.body), "the rest of the body stays as it was");
    Call again;
    again.operation = call.operation;
    again.body = body;
    require(json::read_request(again).has_value(), "what is sent upstream is a request");
    require(again.model == model, "what is sent upstream names the model");
    require(again.stream == call.stream, "what is sent upstream streams as asked");
    require(!call.stream || again.asked.usage, "a stream is asked for its usage");
    if (call.stream) return;
    require(again.asked.usage == call.asked.usage, "a plain call's options stay");
}

void run(Input input) {
    Call call;
    call.operation = static_cast<Operation>(1 + input.setting(3));
    call.body = input.rest();
    const auto read = json::read_request(call);
    if (!read) return check_refusal(read.error());
    require(json::valid(call.body, json::k_depth_max), "an accepted body is JSON");
    require(!call.model.empty(), "an accepted body names a model");
    check_span(call, call.asked.model_value);
    check_span(call, call.asked.stream_options_value);
    check_span(call, call.asked.prompt_value);
    const auto is_model = [](const json::Member& member) { return member.key_is("model"); };
    std::size_t models = 0;
    for (const json::Member& member : Value(call.body).members()) models += is_model(member);
    require(models == 1, "an accepted body names one model");
    check_upstream_body(call, call.model);
    check_upstream_body(call, "another \"model\"");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
