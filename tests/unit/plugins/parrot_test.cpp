// The parrot: what it says, how it counts, and what it refuses.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugins/parrot_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

class Parrot : public ParrotTest {};

TEST_F(Parrot, SaysTheSameForTheSameSeed) {
    const std::string one = call(chat("\"seed\":1")).text();
    EXPECT_GT(one.size(), 20u);
    EXPECT_EQ(call(chat("\"seed\":1")).text(), one);
    EXPECT_NE(call(chat("\"seed\":2")).text(), one);
    EXPECT_NE(call(chat("\"seed\":1", false, "Tell me about software.")).text(), one);
    const std::string likeliest = call(chat("\"temperature\":0,\"seed\":1")).text();
    EXPECT_EQ(call(chat("\"temperature\":0,\"seed\":2")).text(), likeliest);
    EXPECT_EQ(call(chat("\"top_p\":0,\"seed\":3")).text(), likeliest);
}

TEST_F(Parrot, WithoutASeedTheRequestsIdIsOne) {
    Asked other = chat();
    other.id = "req-2";
    EXPECT_EQ(call(chat()).text(), call(chat()).text());
    EXPECT_NE(call(other).text(), call(chat()).text());
}

TEST_F(Parrot, SpeaksOfWhatItWasAsked) {
    int mentions = 0;
    for (int seed = 0; seed < 20; ++seed) {
        const std::string with_seed = "\"seed\":" + std::to_string(seed);
        const std::string text = call(chat(with_seed, false, "the lamb, the lamb!")).text();
        mentions += text.find("lamb") != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(mentions, 5);
}

TEST_F(Parrot, StreamsTheSameAChunkAToken) {
    const Result whole = call(chat("\"seed\":7"));
    const Result stream = call(chat("\"seed\":7", true));
    EXPECT_EQ(stream.text(), whole.text());
    const Value usage = Value(whole.emitted.front().json)["usage"];
    const auto tokens = usage["completion_tokens"].integer().value();
    EXPECT_EQ(stream.chunks().size(), static_cast<std::size_t>(tokens) + 2) << "role and end";
    EXPECT_EQ(choice(stream).raw(),
              R"({"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,)"
              R"("finish_reason":null})");
    EXPECT_EQ(Value(stream.emitted.back().json)["usage"].raw(), usage.raw());
    EXPECT_EQ(stream.emitted.back().kind, static_cast<std::uint32_t>(BW_EMIT_USAGE));
    EXPECT_EQ(stream.usage->input_tokens, usage["prompt_tokens"].integer());
    EXPECT_EQ(stream.usage->output_tokens, tokens);
    EXPECT_EQ(whole.usage, stream.usage);
    EXPECT_EQ(reason(stream), "stop");
    EXPECT_EQ(reason(whole), "stop");
    EXPECT_EQ(choice(whole)["message"]["role"].string(), "assistant");
}

TEST_F(Parrot, EndsAtTheLimit) {
    for (const char* limit : {"max_tokens", "max_completion_tokens"}) {
        const std::string more = "\"seed\":1,\"" + std::string(limit) + "\":3";
        const Result result = call(chat(more, true));
        EXPECT_EQ(result.chunks().size(), 5u);
        EXPECT_EQ(reason(result), "length");
        EXPECT_EQ(result.usage->output_tokens, 3);
    }
    const Result long_one = call(endless(700));
    EXPECT_EQ(long_one.usage->output_tokens, 700);
    EXPECT_EQ(reason(long_one), "length");
}

TEST_F(Parrot, MakesSeveralChoices) {
    const Result result = call(chat("\"seed\":1,\"n\":3"));
    const Value choices = Value(result.emitted.front().json)["choices"];
    EXPECT_EQ(choices.at(0)["message"]["content"].string(), call(chat("\"seed\":1")).text());
    EXPECT_NE(choices.at(1)["message"]["content"].raw(), choices.at(2)["message"]["content"].raw());
    EXPECT_EQ(choices.at(2)["index"].integer(), 2);
    const Result stream =
        call(completion(R"(["The sheep","The dog"])", "\"n\":2,\"seed\":1", true));
    std::vector<std::string> texts(4);
    int ends = 0;
    for (const std::string& chunk : stream.chunks()) {
        const Value one = Value(chunk)["choices"].at(0);
        texts.at(static_cast<std::size_t>(one["index"].integer().value())) += one["text"].string();
        ends += one["finish_reason"] ? 1 : 0;
    }
    EXPECT_EQ(ends, 4);
    const Result whole = call(completion(R"(["The sheep","The dog"])", "\"n\":2,\"seed\":1"));
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(choice(whole, i)["text"].string(), texts[i]);
    EXPECT_EQ(whole.usage, stream.usage);
}

// Wherever the stop sequence begins and ends within tokens, and with false starts before it.
TEST_F(Parrot, StopsAtAnyByteAndSaysNothingOfIt) {
    const std::string seeded = R"("seed":7,"ignore_eos":true,"max_tokens":60)";
    const std::string text = call(chat(seeded)).text();
    ASSERT_GT(text.size(), 60u);
    Instance parrot(host, library_.table(), config_);
    for (std::size_t from = 0; from < 40; ++from) {
        for (const std::size_t bytes : {1u, 4u, 9u}) {
            const std::string stop = text.substr(from, bytes);
            const std::string more = seeded + ",\"stop\":[\"\\u0000\"," + quoted(stop) + "]";
            const Result stream = parrot.call(chat(more, true));
            EXPECT_EQ(stream.text(), text.substr(0, text.find(stop))) << stop;
            EXPECT_EQ(reason(stream), "stop");
            EXPECT_EQ(parrot.call(chat(more)).text(), stream.text());
        }
    }
    const std::string last = text.substr(text.size() - 3);
    EXPECT_EQ(call(chat(seeded + ",\"stop\":" + quoted(last + "x"), true)).text(), text);
}

TEST_F(Parrot, NeverCutsACharacter) {
    const Result result =
        call(chat(R"("seed":1,"temperature":1.8,"ignore_eos":true,"max_tokens":4000)", true));
    int longer = 0;
    for (const std::string& chunk : result.chunks()) {
        const std::string piece = Value(chunk)["choices"].at(0)["delta"]["content"].string();
        EXPECT_EQ(piece.find("\uFFFD"), std::string::npos);
        if (piece.empty() || static_cast<unsigned char>(piece[0]) < 0x80) continue;
        EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xC0, 0x80) << "begins within one";
        ++longer;
    }
    EXPECT_GT(longer, 0);
    const std::string thai = "สวัสดี你好😀";
    const Result odd = call(completion(quoted(thai), "\"max_tokens\":5"));
    EXPECT_EQ(odd.usage->input_tokens, static_cast<std::int64_t>(thai.size())) << "byte by byte";
}

TEST_F(Parrot, CountsThePromptByItsOwnTokens) {
    EXPECT_EQ(call(completion("\"\"", "\"max_tokens\":1")).usage->input_tokens, 1);
    EXPECT_EQ(call(completion("\" sheep sheep\"", "\"max_tokens\":1")).usage->input_tokens, 2);
    // Two more for the end of the turn and the beginning of the reply.
    const Result said = call(chat("\"max_tokens\":1", false, " sheep sheep"));
    EXPECT_EQ(said.usage->input_tokens, 4);
    Asked two = chat();
    two.body = R"({"model":"parrot","max_tokens":1,"messages":[{"role":"system","content":" sheep"},
        {"role":"user","content":[{"type":"text","text":" sheep"}]}]})";
    EXPECT_EQ(call(two).usage->input_tokens, 5);
}

TEST_F(Parrot, KnowsHowMuchAModelTakes) {
    std::string sheep;
    for (int i = 0; i < 1023; ++i) sheep += " sheep";
    Asked mini = completion(quoted(sheep), "\"ignore_eos\":true");
    mini.model = "parrot-mini";
    const Result full = call(mini);
    EXPECT_EQ(full.usage->output_tokens, 1) << "there is room for one";
    mini.body = R"({"prompt":)" + quoted(sheep + " sheep") + "}";
    const Result over = call(mini);
    EXPECT_EQ(over.status(), BW_E_CONTEXT_LENGTH);
    EXPECT_EQ(over.error->where, "step");
    EXPECT_EQ(over.error->code, "context_length_exceeded");
    EXPECT_EQ(over.error->param, "prompt");
    const Result huge = call(chat("", false, std::string(3'000'000, 'x')));
    EXPECT_EQ(huge.status(), BW_E_CONTEXT_LENGTH);
    EXPECT_EQ(huge.error->where, "call_open");
    EXPECT_EQ(huge.error->param, "messages");
    Asked unknown = chat();
    unknown.model = "cockatoo";
    EXPECT_EQ(call(unknown).status(), BW_E_NOT_FOUND);
}

TEST_F(Parrot, TellsHowLikelyEachTokenWas) {
    const Result whole = call(chat(
        R"("temperature":0,"ignore_eos":true,"max_tokens":8,"logprobs":true,"top_logprobs":3)"));
    std::string text;
    std::size_t tokens = 0;
    for (const Value& token : choice(whole)["logprobs"]["content"].elements()) {
        ++tokens;
        text += token["token"].string();
        EXPECT_LE(token["logprob"].number().value(), 0);
        EXPECT_EQ(token["top_logprobs"].at(0)["logprob"].raw(), token["logprob"].raw());
        EXPECT_GE(token["top_logprobs"].at(0)["logprob"].number(),
                  token["top_logprobs"].at(2)["logprob"].number());
        EXPECT_FALSE(token["top_logprobs"].at(3));
        EXPECT_EQ(token["bytes"].at(0).integer(), token["token"].string()[0]);
    }
    EXPECT_EQ(tokens, 8u);
    EXPECT_EQ(text, whole.text());
    const Result old = call(completion("\"The sheep\"", R"("max_tokens":4,"logprobs":2,"seed":1)"));
    const Value columns = choice(old)["logprobs"];
    EXPECT_EQ(columns["text_offset"].at(1).integer(),
              static_cast<std::int64_t>(columns["tokens"].at(0).string().size()));
    EXPECT_TRUE(columns["top_logprobs"].at(3));
    EXPECT_TRUE(columns["token_logprobs"].at(3).number());
    const Result stream =
        call(completion("\"The sheep\"", R"("max_tokens":4,"logprobs":2,"seed":1)", true));
    const Value second = Value(stream.emitted.at(1).json)["choices"].at(0)["logprobs"];
    EXPECT_EQ(second["text_offset"].at(0).raw(), columns["text_offset"].at(1).raw());
}

TEST_F(Parrot, PenaltiesMakeItRepeatLess) {
    const auto kinds = [&](const std::string& more) {
        const Result result =
            call(chat("\"temperature\":0,\"ignore_eos\":true,\"max_tokens\":300," + more, true));
        std::set<std::string> all;
        for (const std::string& chunk : result.chunks()) {
            all.insert(Value(chunk)["choices"].at(0)["delta"]["content"].string());
        }
        return all.size();
    };
    const std::size_t plain = kinds("\"seed\":1");
    EXPECT_GT(kinds("\"frequency_penalty\":2"), plain);
    EXPECT_GT(kinds("\"presence_penalty\":2"), plain);
}

TEST_F(Parrot, RefusesWhatItCannotDoByName) {
    const auto refused = [&](const Asked& asked, bw_status status, const std::string& param) {
        const Result result = call(asked);
        ASSERT_EQ(result.status(), status) << asked.body;
        EXPECT_EQ(result.error->param, param) << asked.body;
    };
    const auto unsupported = [&](const std::string& more, const std::string& param) {
        refused(chat(more), BW_E_UNSUPPORTED, param);
    };
    unsupported(R"("tools":[{"type":"function","function":{"name":"f"}}])", "tools");
    unsupported(R"("logit_bias":{"5":1})", "logit_bias");
    unsupported(R"("response_format":{"type":"json_object"})", "response_format");
    unsupported(R"("modalities":["text","audio"])", "modalities");
    unsupported(R"("top_k":5)", "top_k");
    unsupported(R"("best_of":2)", "best_of");
    for (const auto& [more, param] : std::vector<std::pair<std::string, std::string>>{
             {R"("temperature":2.1)", "temperature"},
             {R"("temperature":"1")", "temperature"},
             {R"("top_p":-0.1)", "top_p"},
             {R"("n":0)", "n"},
             {R"("n":129)", "n"},
             {R"("max_tokens":0)", "max_tokens"},
             {R"("max_tokens":5000)", "max_tokens"},
             {R"("max_completion_tokens":1.5)", "max_completion_tokens"},
             {R"("presence_penalty":3)", "presence_penalty"},
             {R"("top_logprobs":2)", "top_logprobs"},
             {R"("logprobs":true,"top_logprobs":21)", "top_logprobs"},
             {R"("logprobs":true,"top_logprobs":20,"n":20)", "logprobs"},
             {R"("seed":1.5)", "seed"},
             {R"("stop":[5])", "stop[0]"},
             {R"("stop":["1","2","3","4","5","6","7","8","9","a","b","c","d","e","f","g","h"])",
              "stop"},
             {R"("ignore_eos":1)", "ignore_eos"}}) {
        refused(chat(more), BW_E_INVALID, param);
    }
    for (const char* prompt : {"5", "[]", "[5]", "{}", "null"}) {
        refused(completion(prompt), BW_E_INVALID, "prompt");
    }
    Asked picture = chat();
    picture.body = R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"},
        {"type":"image_url","image_url":{"url":"https://x.test/x.png"}}]}]})";
    refused(picture, BW_E_UNSUPPORTED, "messages[0].content[1].image_url");
    EXPECT_TRUE(
        call(chat(R"("tools":[],"tool_choice":"none","user":"u","logit_bias":{},"n":null)")).ok());
}

TEST_F(Parrot, NothingThatIsAskedBreaksIt) {
    const std::string deep = std::string(600, '[') + std::string(600, ']');
    for (const std::string& body :
         {std::string("{}"), std::string("[]"), std::string("null"), std::string("{\"messages\":"),
          R"({"messages":)" + deep + "}", R"({"prompt":)" + deep + "}",
          std::string(R"({"messages":[{"role":"user","content":[{"type":5}]}]})"),
          std::string(R"({"messages":[{"role":"user","content":"\ud800"}]})"),
          std::string(R"({"messages":[{"role":"assistant","content":null}],"stop":[""]})")}) {
        for (const std::uint32_t operation : {BW_OP_CHAT, BW_OP_COMPLETIONS}) {
            Asked asked = chat();
            asked.operation = operation;
            asked.body = body;
            call(asked);
        }
    }
}

TEST_F(Parrot, NeedsAHostWithEngines) {
    host.has_engine = false;
    EXPECT_EQ(call(chat()).status(), BW_E_UNSUPPORTED);
}

TEST_F(Parrot, RefusesAConfigThatMakesNoSense) {
    for (const char* option :
         {"\"threads\":0", "\"threads\":1000", "\"queue\":-1", "\"delay\":3600001"}) {
        Instance parrot(host, library_.table(), R"({"name":"parrot",)" + std::string(option) + "}");
        ASSERT_TRUE(parrot.error());
        EXPECT_EQ(parrot.error()->status, BW_E_INVALID);
        EXPECT_EQ(parrot.error()->where, "service_open");
    }
}

}  // namespace
