// The reader of chat requests, on any text: it never leaves it, what it takes for well-formed is,
// and a translation of it is valid JSON. The readers for C take the same texts and read the same.
#include <bellwether/c/helpers.h>

#include <algorithm>
#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>

#include "fuzz.hpp"

namespace fuzz {

using namespace bw;

namespace {

using json::Value;

bw_str c(std::string_view text) { return {text.data(), text.size()}; }

void read_part(json::Writer& json, const chat::Part& part, bool right) {
    require(part.param().substr(0, 9) == "messages[", "a part is named by where it stands");
    const chat::Media media = part.media();
    require(media.is_data() || media.base64().empty(), "data is data");
    require(media.url().empty() || media.as_url() == media.url(), "an address stays what it is");
    if (right && part.kind() == chat::PartKind::image) {
        require(part.is_complete() && !media.empty(), "a picture is somewhere");
    }
    json.object().member("type", part.text_json()).member("url", media.as_url());
    json.member("name", media.name()).member("detail", part.detail()).end();
}

void read_turn(json::Writer& json, const chat::Turn& turn, bool right) {
    json.object().member("text", turn.text()).member("name", turn.name());
    json.array("parts");
    for (const chat::Part& part : turn.parts()) read_part(json, part, right);
    json.end().array("calls");
    for (const chat::ToolCall& call : turn.tool_calls()) {
        require(!right || !call.name().empty(), "a call names its function");
        const std::string arguments = call.arguments_object();
        require(json::valid(arguments), "arguments are an object");
        require(Value(arguments).kind() == json::Kind::object, "arguments are an object");
        json.object().member("id", call.id()).member("arguments", call.arguments()).end();
    }
    json.end().end();
}

std::size_t read_messages(json::Writer& json, const chat::Request& request, bool right) {
    std::size_t turns = 0;
    std::size_t in_sides = 0;
    for (const chat::Turn& turn : request.turns()) {
        require(turn.index() == turns, "turns are counted");
        if (turn.is_instruction()) ++in_sides;
        ++turns;
    }
    bool first = true;
    bool assistant = false;
    for (const chat::Side& side : request.sides()) {
        require(first || side.is_assistant() != assistant, "sides take turns");
        first = false;
        assistant = side.is_assistant();
        for (const chat::Turn& turn : side) {
            require(!turn.is_instruction(), "no side has instructions");
            require(turn.is_assistant() == assistant, "a side speaks for itself");
            read_turn(json, turn, right);
            ++in_sides;
        }
    }
    require(turns == in_sides, "each turn is an instruction or on one side");
    return turns;
}

void read_request(const chat::Request& request) {
    const auto problem = request.problem();
    require(!problem || !problem->message.empty(), "a problem is told");
    std::string out;
    {
        json::Writer json(out);
        json.object().member("model", request.model()).maybe("limit", request.max_tokens());
        json.maybe("temperature", request.temperature()).member("n", request.n());
        json.member("system", request.instructions()).member("user", request.user());
        json.array("messages");
        const std::size_t turns = read_messages(json, request, !problem);
        require(problem || turns > 0, "a request asks something");
        json.end().array("stop");
        for (const std::string& stop : request.stop()) json.value(stop);
        json.end().array("tools");
        for (const chat::Tool& tool : request.tools()) {
            require(json::valid(tool.schema(), json::k_nesting_max), "a schema is JSON");
            json.object().member("name", tool.name()).member("strict", tool.strict()).end();
        }
        json.end().member("choice", request.tool_choice().name);
        json.member("format", request.response_format().name);
    }
    require(json::valid(out, json::k_nesting_max), "a translation is JSON");
}

void read_by_both(std::string_view text) {
    require((bw_json_valid(c(text)) != 0) == json::valid(text), "both take the text or neither");
    const bw_str messages = bw_json_get(c(text), "messages");
    bw_arena arena = {nullptr, 0};
    bw_json_walk walk = bw_json_each(messages);
    while (bw_json_next(&walk) != 0) {
        require(bw_json_valid(walk.value) != 0, "what is walked over is JSON");
        const bw_str words = bw_chat_content_text(bw_json_get(walk.value, "content"), &arena);
        static_cast<void>(bw_data_url(words, nullptr));
        bw_json_walk calls = bw_json_each(bw_json_get(walk.value, "tool_calls"));
        while (bw_json_next(&calls) != 0) {
            const bw_str arguments = bw_chat_arguments(calls.value, &arena);
            require(bw_json_valid(arguments) != 0, "arguments are JSON");
            require(bw_json_kind(arguments) == BW_JSON_OBJECT, "arguments are an object");
        }
    }
    if (json::valid(text)) {
        const Value theirs = Value(text)["messages"].at(0)["role"];
        const bw_str ours = bw_json_get(c(text), "messages[0].role");
        require(std::string_view(ours.ptr, ours.len) == theirs.raw(), "both find the same");
        const bw_str said = bw_json_text(ours, &arena);
        require(std::string_view(said.ptr, said.len) == theirs.string(), "both read the same");
    }
    const bw_str limit = bw_chat_max_tokens(c(text));
    require(limit.len == 0 || bw_json_kind(limit) == BW_JSON_NUMBER, "a limit is a number");
    bw_arena_free(&arena);
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Fenced text({reinterpret_cast<const char*>(data), size});
    fuzz::read_request(bw::chat::Request(bw::json::Value(text.view())));
    fuzz::read_by_both(text.view());
    return 0;
}
