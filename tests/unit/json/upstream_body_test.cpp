// What is sent to an upstream is the client's own body, with the few changes that its target needs.
#include "json/upstream_body.hpp"

#include <gtest/gtest.h>

#include "json/value.hpp"

#include "json/request.hpp"

namespace bellwether::json {
namespace {

Call call_with(std::string body, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    call.body = std::move(body);
    return call;
}

TEST(UpstreamBody, IsTheClientsOwnWhenNothingChanges) {
    Call call = call_with(R"({"model":"m","messages":[]})");
    ASSERT_TRUE(read_request(call));
    EXPECT_EQ(upstream_body(call, "m"), "");
}

TEST(UpstreamBody, ChangesTheModelAndNotAByteMore) {
    Call call = call_with(
        "{ \"top_k\" : 12345678901234567890 ,\"model\":\"best\", \"messages\":[ ],\n"
        "\"x\":\"\\u0e01\"}");
    ASSERT_TRUE(read_request(call));
    EXPECT_EQ(upstream_body(call, "qwen-max"),
              "{ \"top_k\" : 12345678901234567890 ,\"model\":\"qwen-max\", \"messages\":[ ],\n"
              "\"x\":\"\\u0e01\"}");
}

TEST(UpstreamBody, AStreamAlwaysAsksForUsage) {
    Call plain = call_with(R"({"model":"m","messages":[],"stream":true})");
    ASSERT_TRUE(read_request(plain));
    EXPECT_EQ(
        upstream_body(plain, "m"),
        R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})");

    Call options = call_with(
        R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":false,"x":1}})");
    ASSERT_TRUE(read_request(options));
    EXPECT_EQ(
        upstream_body(options, "m"),
        R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true,"x":1}})");

    Call null = call_with(R"({"model":"m","messages":[],"stream":true,"stream_options":null})");
    ASSERT_TRUE(read_request(null));
    EXPECT_EQ(
        upstream_body(null, "m"),
        R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})");
}

// A body that begins with the model and an empty prompt, and goes on with `more`.
std::string request(std::string_view more) {
    return R"({"model":"m","messages":[])" + std::string(more) + "}";
}

std::string changed(const std::string& body, std::vector<AddedMember> set,
                    const std::vector<std::string>& drop = {}) {
    Call call = call_with(body);
    EXPECT_TRUE(read_request(call)) << body;
    const std::string sent = upstream_body(call, "m", {.set = std::move(set), .drop = drop});
    EXPECT_TRUE(sent.empty() || valid(sent)) << sent;
    return sent.empty() ? body : sent;
}

std::string without(const std::string& body, const std::vector<std::string>& drop) {
    return changed(body, {}, drop);
}

TEST(ChangedBody, HasWhatTheClientLeftOut) {
    EXPECT_EQ(changed(request(""), {{"top_k", "20"}, {"x", R"({"y":[1]})"}}),
              request(R"(,"top_k":20,"x":{"y":[1]})"));
    EXPECT_EQ(changed(request(R"(,"top_k" : 5)"), {{"top_k", "20"}}), request(R"(,"top_k" : 5)"));
    EXPECT_EQ(changed(request(R"(,"top_k":null)"), {{"top_k", "20"}}), request(R"(,"top_k":null)"));
    EXPECT_EQ(changed(request(R"(,"top_\u006b":5)"), {{"top_k", "20"}}),
              request(R"(,"top_\u006b":5)"))
        << "the client wrote the name by an escape";
    EXPECT_EQ(changed("{\"model\":\"m\",\"messages\":[]\n}\n ", {{"a\"b", "1"}}),
              "{\"model\":\"m\",\"messages\":[]\n,\"a\\\"b\":1}\n ");
    EXPECT_EQ(changed(request(R"(,"deep":{"top_k":5})"), {{"top_k", "20"}}),
              request(R"(,"deep":{"top_k":5},"top_k":20)"));
}

TEST(ChangedBody, HasNoLimitOfTheTargetWhereTheClientGaveOneByEitherName) {
    EXPECT_EQ(changed(request(R"(,"max_completion_tokens":5)"), {{"max_tokens", "20"}}),
              request(R"(,"max_completion_tokens":5)"));
    EXPECT_EQ(changed(request(R"(,"max_tokens":5)"), {{"max_completion_tokens", "20"}}),
              request(R"(,"max_tokens":5)"));
}

TEST(ChangedBody, LacksWhatItsTargetDrops) {
    EXPECT_EQ(without(request(R"(,"a":1)"), {"a"}), request(""));
    EXPECT_EQ(without(request(R"(,"a":1,"b":[{"a":1}])"), {"a"}), request(R"(,"b":[{"a":1}])"));
    EXPECT_EQ(without(request(R"( , "a" : 1 , "b":2)"), {"a"}), request(R"( , "b":2)"));
    EXPECT_EQ(without(request(R"(,"a":1,"b":2,"a":3)"), {"a"}), request(R"(,"b":2)"));
    EXPECT_EQ(without(request(R"(,"a":1,"b":2,"c":3)"), {"a", "b"}), request(R"(,"c":3)"));
    EXPECT_EQ(without(request(R"(,"a":1,"b":2,"c":3)"), {"b", "c"}), request(R"(,"a":1)"));
    EXPECT_EQ(without(R"({"a":1,"b" : 2, "model":"m","messages":[],"a":1})", {"a", "b"}),
              R"({"model":"m","messages":[]})");
    EXPECT_EQ(without(R"({ "a":1 ,"model":"m","messages":[]})", {"a"}),
              R"({ "model":"m","messages":[]})");
    EXPECT_EQ(without(request(R"(,"\u0061":1,"A":2)"), {"a"}), request(R"(,"A":2)"));
    EXPECT_EQ(without(request(R"(,"b":12345678901234567890)"), {"a"}),
              request(R"(,"b":12345678901234567890)"));
}

TEST(ChangedBody, HasTheTargetsValueInsteadOfTheClientsIfItDropsAndSetsAMember) {
    EXPECT_EQ(changed(request(R"(,"t":1,"x":2)"), {{"t", "0"}}, {"t"}), request(R"(,"x":2,"t":0)"));
    EXPECT_EQ(changed(request(R"(,"max_completion_tokens":5)"), {{"max_tokens", "9"}},
                      {"max_completion_tokens"}),
              request(R"(,"max_tokens":9)"));
}

TEST(ChangedBody, NamesTheModelAndAsksForUsageAsEveryOther) {
    const std::vector<std::string> drop{"a", "z"};
    Call call = call_with(R"({"a":1,"stream":true,"model":"m","messages":[],"z":1})");
    ASSERT_TRUE(read_request(call));
    EXPECT_EQ(upstream_body(call, "other", {.set = {{"top_k", "1"}}, .drop = drop}),
              R"({"stream":true,"model":"other","messages":[],"top_k":1,)"
              R"("stream_options":{"include_usage":true}})");
    Call options =
        call_with(R"({"model":"m","messages":[],"stream":true,"stream_options":{"x":1},"a":2})");
    ASSERT_TRUE(read_request(options));
    EXPECT_EQ(upstream_body(options, "m", {.set = {}, .drop = drop}),
              R"({"model":"m","messages":[],"stream":true,)"
              R"("stream_options":{"x":1,"include_usage":true}})");
}

TEST(ChangedBody, IsTheClientsOwnWhereNothingIsToBeChanged) {
    const std::vector<std::string> drop{"b"};
    Call call = call_with(request(R"(,"a":1)"));
    ASSERT_TRUE(read_request(call));
    EXPECT_EQ(upstream_body(call, "m", {.set = {{"a", "2"}}, .drop = drop}), "");
}

AskedInBody asked(std::string_view more, std::vector<AddedMember> set,
                  const std::vector<std::string>& drop = {}) {
    Call call = call_with(request(more));
    EXPECT_TRUE(read_request(call)) << more;
    return with_changes(call, {.set = std::move(set), .drop = drop}).asked;
}

// Holds and prices go by the request as the target gets it.
TEST(ChangedCall, AsksForWhatTheTargetGets) {
    EXPECT_EQ(asked("", {{"max_tokens", "7"}}).max_tokens, 7);
    EXPECT_EQ(asked(R"(,"max_tokens":5)", {{"max_tokens", "7"}}).max_tokens, 5);
    EXPECT_EQ(asked(R"(,"max_completion_tokens":5)", {{"max_tokens", "7"}}).max_tokens, 5);
    EXPECT_EQ(asked(R"(,"max_tokens":5)", {}, {"max_tokens"}).max_tokens, 0);
    EXPECT_EQ(asked(R"(,"max_tokens":5,"max_completion_tokens":4)", {}, {"max_tokens"}).max_tokens,
              4);
    EXPECT_EQ(asked(R"(,"n":3)", {}, {"n"}).choices, 1);
    EXPECT_EQ(asked("", {{"n", "3"}}).choices_shown, 3);
    EXPECT_EQ(asked("", {{"best_of", "3"}}).choices, 3);
    EXPECT_EQ(asked("", {{"thinking_budget", "90"}}).thinking_tokens, 90);
    EXPECT_EQ(asked("", {{"enable_thinking", "true"}}).thinking, Thinking::free);
    EXPECT_EQ(asked(R"(,"reasoning_effort":"high")", {}, {"reasoning_effort"}).thinking,
              Thinking::unsaid);
    EXPECT_EQ(asked("", {{"thinking", R"({"type":"enabled","budget_tokens":9})"}}).thinking_tokens,
              9);
    EXPECT_EQ(asked("", {{"service_tier", R"("flex")"}}).service_tier, "flex");
    EXPECT_EQ(asked(R"(,"service_tier":"priority")", {}, {"service_tier"}).service_tier, "");
    EXPECT_TRUE(asked("", {{"web_search_options", "{}"}}).searches);
    EXPECT_FALSE(asked(R"(,"web_search_options":{})", {}, {"web_search_options"}).searches);
    EXPECT_EQ(asked(R"(,"max_tokens":"x")", {}, {"max_tokens"}).invalid_limit, "");
}

TEST(FaultOfAChange, IsSaidOfWhatTheHostWritesAndOfThePrompt) {
    for (const char* name : {"model", "stream", "stream_options", "messages", "prompt", "input",
                             "Model", "", "Max_Tokens"}) {
        EXPECT_NE(fault_of_drop(name), "") << name;
        EXPECT_NE(fault_of_set(name, "1"), "") << name;
    }
    for (const char* name : {"temperature", "max_tokens", "user", "tools", "n", "Temperature"}) {
        EXPECT_EQ(fault_of_drop(name), "") << name;
        EXPECT_EQ(fault_of_set(name, "1"), "") << name;
    }
    EXPECT_NE(fault_of_drop(std::string_view("a\0b", 3)), "");
}

// A call could not be held for by it.
TEST(FaultOfAChange, IsSaidOfALimitThatIsNoNumber) {
    EXPECT_NE(fault_of_set("max_tokens", "0"), "");
    EXPECT_NE(fault_of_set("max_tokens", R"("9")"), "");
    EXPECT_NE(fault_of_set("n", "1.5"), "");
    EXPECT_NE(fault_of_set("MaxOutputTokens", "true"), "");
    EXPECT_NE(fault_of_set("thinking", R"({"budget_tokens":"many"})"), "");
    EXPECT_NE(
        fault_of_set("extra_body", R"({"google":{"thinking_config":{"thinking_budget":{}}}})"), "");
    EXPECT_EQ(fault_of_set("thinking_budget", "-1"), "");
    EXPECT_EQ(fault_of_set("thinking", R"({"budget_tokens":5})"), "");
}

TEST(FaultOfAChange, IsSaidOfAValueThatNoRequestMayHave) {
    EXPECT_NE(fault_of_set("x", "{"), "");
    EXPECT_NE(fault_of_set("x", std::string(64, '[') + std::string(64, ']')), "");
}

}  // namespace
}  // namespace bellwether::json
