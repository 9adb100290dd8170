// A shipped plugin, the one that the program's name ends with, between a client's request and an
// upstream's reply, driven by the SDK's host for tests, which holds it to the ABI's rules: it emits
// JSON, at the right time, and nothing leaks. Settings: streams, operation, bytes in a part,
// attempt; then the request's body up to a line
// `--`, then the reply: status line, headers, blank line, body.
#include <errno.h>

#include <algorithm>
#include <bellwether/testing/fake_host.hpp>

#include "fuzz.hpp"
#include "net/head.hpp"

namespace fuzz {

using namespace bw;

namespace {

const bw_plugin* table() {
    const std::string program = program_invocation_short_name;  // fuzz_NAME or replay_NAME
    static const testing::Library library(BELLWETHER_PLUGIN_DIR "/" +
                                          program.substr(program.find('_') + 1) + ".so");
    return library.table();
}

// What the plugin serves, in the order of its manifest: BW_OP_*.
std::vector<std::uint32_t> operations() {
    struct Operation {
        std::string_view name;
        std::uint32_t number;
    };
    // Not images: a task may take further exchanges, and there is one reply here.
    static constexpr Operation k_operations[] = {
        {"chat", BW_OP_CHAT},
        {"completions", BW_OP_COMPLETIONS},
        {"embeddings", BW_OP_EMBEDDINGS},
        {"messages", BW_OP_MESSAGES},
        {"count_tokens", BW_OP_COUNT_TOKENS},
        {"speech", BW_OP_SPEECH},
    };
    std::vector<std::uint32_t> served;
    const json::Value manifest(table()->manifest);
    for (const json::Value& name : manifest["operations"].elements()) {
        for (const Operation& known : k_operations) {
            if (name.equals(known.name)) served.push_back(known.number);
        }
    }
    return served;
}

// The reply as the host's own reader of heads understands it; what it refuses has no head.
testing::Response read_reply(std::string_view text) {
    bellwether::net::Head head;
    while (!text.empty() && !head.complete()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        if (head.add(text.substr(0, end)) == bellwether::net::Head::State::bad_status) break;
        text.remove_prefix(end);
    }
    testing::Response response;
    if (!head.complete()) return response;
    response.status = static_cast<std::uint32_t>(head.status());
    for (const bellwether::net::Header& header : head.headers()) {
        response.headers.emplace_back(header.name, header.value);
    }
    response.body = text;
    return response;
}

struct CallEnd {
    testing::Result result;
    std::vector<std::string> broken;
};

CallEnd call(const testing::Asked& asked, const testing::Response& reply, std::size_t part_bytes) {
    testing::FakeHost host;
    host.secrets = {"api_key", "aws"};
    testing::Instance instance(host, table(),
                               R"({"name":"fuzzed","base_url":"https://upstream.test/v1"})");
    require(!instance.error(), "the plugin accepts its config");
    testing::Result result = instance.call(asked, reply, part_bytes);
    return {std::move(result), host.misbehaviours};
}

bool same(const testing::Result& a, const testing::Result& b) {
    const auto same_piece = [](const testing::Emitted& x, const testing::Emitted& y) {
        return x.kind == y.kind && x.json == y.json;
    };
    const auto same_usage = [](const testing::Used& x, const testing::Used& y) {
        return x.input_tokens == y.input_tokens && x.output_tokens == y.output_tokens &&
               x.cached_input_tokens == y.cached_input_tokens;
    };
    return a.status() == b.status() && std::ranges::equal(a.emitted, b.emitted, same_piece) &&
           a.usage.has_value() == b.usage.has_value() &&
           (!a.usage || same_usage(*a.usage, *b.usage));
}

void check(const CallEnd& outcome) {
    for (const std::string& rule : outcome.broken) require(false, rule);
    const testing::Result& result = outcome.result;
    if (!result.error) return;
    require(result.error->status >= BW_E_INVALID, "a failure has a class");
    require(result.error->status != BW_E_INTERNAL, "the plugin has no bug");
    require(!result.error->message.empty(), "a failure says why");
    require(json::valid(json::quote(result.error->message)), "a failure can be sent");
}

void run(Input input) {
    testing::Asked asked;
    asked.stream = input.setting(2) == 1;
    static const std::vector<std::uint32_t> served = operations();
    asked.operation = served[input.setting(static_cast<unsigned>(served.size()))];
    const std::size_t part_bytes = input.setting(64) + 1;
    asked.attempt = input.setting(3);
    constexpr std::string_view k_mark = "\n--\n";
    const std::string_view text = input.rest();
    const auto mark = std::min(text.find(k_mark), text.size());
    // The host lets only JSON objects through.
    if (mark != 0) asked.body = text.substr(0, mark);
    if (!json::valid(asked.body) || json::Value(asked.body).kind() != json::Kind::object) return;
    const bool streams = asked.operation == BW_OP_CHAT || asked.operation == BW_OP_MESSAGES ||
                         asked.operation == BW_OP_COMPLETIONS;
    if (!streams) asked.stream = false;
    const testing::Response reply =
        read_reply(text.substr(std::min(mark + k_mark.size(), text.size())));
    const CallEnd whole = call(asked, reply, 0);
    check(whole);
    const CallEnd in_parts = call(asked, reply, part_bytes);
    check(in_parts);
    require(same(whole.result, in_parts.result), "the outcome does not depend on the parts");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
