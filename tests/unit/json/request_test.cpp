// What the host reads of a request body, and that it changes nothing else.
#include "json/request.hpp"

#include <gtest/gtest.h>

namespace bellwether::json {
namespace {

Call call_with(std::string body, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    call.body = std::move(body);
    return call;
}

std::string refusal(std::string body) {
    Call call = call_with(std::move(body));
    const auto read = read_request(call);
    return read ? "" : read.error().message;
}

TEST(ReadRequest, ReadsWhatTheHostNeeds) {
    Call call = call_with(
        R"({"model":"qwen-max","messages":[{"role":"user","content":"hi"}],"stream":true,)"
        R"("stream_options":{"include_usage":true}})");
    ASSERT_TRUE(read_request(call));
    EXPECT_EQ(call.model, "qwen-max");
    EXPECT_TRUE(call.stream);
    EXPECT_TRUE(call.asked.usage);
    EXPECT_EQ(call.body.substr(call.asked.prompt_value.offset, call.asked.prompt_value.length),
              R"([{"role":"user","content":"hi"}])");
}

TEST(ReadRequest, UnescapesTheModelName) {
    Call call = call_with(R"({"model":"qwen\u002dmax","messages":[]})");
    ASSERT_TRUE(read_request(call));
    EXPECT_EQ(call.model, "qwen-max");
}

std::string user_of(const std::string& members) {
    Call call = call_with(R"({"model":"m","messages":[],)" + members + "}");
    EXPECT_TRUE(read_request(call)) << members;
    return call.user;
}

TEST(ReadRequest, KnowsTheUserByEitherName) {
    EXPECT_EQ(user_of(R"("user":"ann")"), "ann");
    EXPECT_EQ(user_of(R"("safety_identifier":"ann")"), "ann");
    EXPECT_EQ(user_of(R"("prompt_cache_key":"ann")"), "");
    EXPECT_EQ(user_of(R"("user":"bob","safety_identifier":"ann","prompt_cache_key":"eve")"), "ann");
    EXPECT_EQ(user_of(R"("safety_identifier":"ann","user":"bob")"), "ann");
    for (const char* unsound : {R"("")", "null", "7", R"("a\nb")", R"({"id":"ann"})"}) {
        const std::string member = std::string(R"("safety_identifier":)") + unsound;
        EXPECT_EQ(user_of(member), "") << unsound;
        EXPECT_EQ(user_of(member + R"(,"user":"bob")"), "bob") << unsound;
    }
}

TEST(ReadRequest, AUserHasABoundedName) {
    const std::string longest(k_user_bytes_max, 'u');
    EXPECT_EQ(user_of("\"user\":\"" + longest + "\""), longest);
    EXPECT_EQ(user_of("\"user\":\"" + longest + "u\""), "");
}

TEST(NameUser, TheBestSourceCounts) {
    Call call;
    name_user(call, UserSource::header, "ann");
    name_user(call, UserSource::safety_identifier, "bob");
    name_user(call, UserSource::user, "eve");
    EXPECT_EQ(call.user, "ann");
    for (const char* unsound : {"", "a\tb", "\xff", "\xC3", "\xed\xa0\x80"}) {
        Call other;
        name_user(other, UserSource::header, unsound);
        name_user(other, UserSource::user, "\xC3\xA9ve");
        EXPECT_EQ(other.user, "\xC3\xA9ve") << unsound;
    }
}

TEST(ReadRequest, NullMeansAbsent) {
    Call call = call_with(R"({"model":"m","messages":[],"stream":null,"stream_options":null})");
    ASSERT_TRUE(read_request(call));
    EXPECT_FALSE(call.stream);
    EXPECT_FALSE(call.asked.usage);
}

TEST(ReadRequest, NamesWhatIsWrong) {
    EXPECT_NE(refusal("").find("not valid JSON"), std::string::npos);
    EXPECT_NE(refusal("{\"model\":\"m\"").find("not valid JSON"), std::string::npos);
    EXPECT_NE(refusal("[1]").find("must be a JSON object"), std::string::npos);
    EXPECT_NE(refusal(R"({"messages":[]})").find("model"), std::string::npos);
    EXPECT_NE(refusal(R"({"model":"","messages":[]})").find("model"), std::string::npos);
    EXPECT_NE(refusal(R"({"model":5,"messages":[]})").find("must be a string"), std::string::npos);
    EXPECT_NE(refusal(R"({"model":"m"})").find("messages"), std::string::npos);
    EXPECT_NE(refusal(R"({"model":"m","messages":[],"stream":"yes"})").find("true or false"),
              std::string::npos);
}

// Two names could be read differently by the host and the upstream: one would be paid for the
// other.
TEST(ReadRequest, RefusesASecondModel) {
    EXPECT_NE(refusal(R"({"model":"a","messages":[],"model":"b"})").find("more than once"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"model":"a","messages":[],"mod\u0065l":"b"})").find("more than once"),
              std::string::npos);
}

TEST(ReadRequest, EachOperationHasItsPrompt) {
    Call completion = call_with(R"({"model":"m","prompt":"p"})", Operation::completions);
    EXPECT_TRUE(read_request(completion));
    Call embedding = call_with(R"({"model":"m","input":["a","b"]})", Operation::embeddings);
    EXPECT_TRUE(read_request(embedding));
    Call wrong = call_with(R"({"model":"m","messages":[]})", Operation::embeddings);
    EXPECT_FALSE(read_request(wrong));
}

// The name goes into headers and URLs.
TEST(ReadRequest, RefusesANameThatIsNone) {
    EXPECT_NE(refusal("{\"model\":\"a\\r\\nx: 1\",\"messages\":[]}").find("control"),
              std::string::npos);
    const std::string longest(256, 'm');
    EXPECT_EQ(refusal("{\"model\":\"" + longest + "\",\"messages\":[]}"), "");
    EXPECT_NE(refusal("{\"model\":\"" + longest + "m\",\"messages\":[]}"), "");
}

TEST(ReadRequest, EmbeddingsAreNeverStreamed) {
    Call call = call_with(R"({"model":"m","input":"a","stream":true})", Operation::embeddings);
    ASSERT_TRUE(read_request(call));
    EXPECT_FALSE(call.stream);
}

TEST(ReadRequest, ReadsWhatIsBilledApart) {
    const auto read = [](const std::string& members) {
        Call call = call_with(R"({"model":"m","messages":[])" + members + "}");
        EXPECT_TRUE(read_request(call)) << members;
        return call;
    };
    EXPECT_EQ(read("").asked.service_tier, "");
    EXPECT_EQ(read(R"(,"service_tier":null)").asked.service_tier, "");
    EXPECT_EQ(read(R"(,"service_tier":"priority")").asked.service_tier, "priority");
    EXPECT_EQ(read(R"(,"service_ti\u0065r":"flex")").asked.service_tier, "flex");
    EXPECT_EQ(read(R"(,"service_tier":7)").asked.service_tier, "7") << "no tier that has a price";
    EXPECT_EQ(read(R"(,"service_tier":")" + std::string(100, 'x') + "\"").asked.service_tier.size(),
              64u);
    EXPECT_FALSE(read("").asked.searches);
    EXPECT_TRUE(read(R"(,"web_search_options":{})").asked.searches);
    EXPECT_TRUE(read(R"(,"enable_search":true)").asked.searches);
    EXPECT_FALSE(read(R"(,"enable_search":false,"web_search_options":null)").asked.searches);
    EXPECT_TRUE(read(R"(,"search_parameters":{"mode":"auto"})").asked.searches);
    EXPECT_FALSE(read(R"(,"search_parameters":{"mode":"off"})").asked.searches);
    EXPECT_TRUE(read(R"(,"tools":[{"type":"web_search_20250305"}])").asked.searches);
    EXPECT_TRUE(read(R"(,"tools":[7,{"type":"google_search"}])").asked.searches);
    EXPECT_FALSE(
        read(R"(,"tools":[{"type":"function","function":{"name":"web_search"}}])").asked.searches);
    EXPECT_FALSE(read(R"(,"tools":"web_search")").asked.searches);
    EXPECT_NE(
        refusal(R"({"model":"m","messages":[],"service_tier":"flex","service_tier":"priority"})"),
        "");
}

}  // namespace
}  // namespace bellwether::json
