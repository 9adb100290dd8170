// The helpers for C that read what an upstream says: errors, waits, embeddings, and requests that
// it cannot serve.
#include <bellwether/c/helpers.h>
#include <bellwether/base64.hpp>
#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/embeddings.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "c_host.hpp"

namespace {

using namespace bw::testing;

TEST(CErrors, AreOfTheClassOfTheFirstRuleThatFits) {
    static const bw_error_rule rules[] = {
        {BW_E_QUOTA, 429, "Credit"}, {BW_E_CONTEXT_LENGTH, 0, "too long"}, {BW_OK, 0, nullptr}};
    EXPECT_EQ(bw_error_class_of(429, S("no credit left"), rules), BW_E_QUOTA);
    EXPECT_EQ(bw_error_class_of(400, S("no credit left"), rules), BW_E_INVALID);
    EXPECT_EQ(bw_error_class_of(400, S("It is TOO LONG."), rules), BW_E_CONTEXT_LENGTH);
    EXPECT_EQ(bw_error_class_of(503, S(""), rules), BW_E_UPSTREAM);
}

TEST(CErrors, TellHowLongToWait) {
    const auto wait = [](std::string_view name, std::string_view value) {
        const bw_header header = {c(name), c(value)};
        bw_head head = {};
        head.size = sizeof head;
        head.headers = &header;
        head.header_count = 1;
        return bw_retry_after_ms(&head);
    };
    EXPECT_EQ(wait("retry-after", "7"), 7'000);
    EXPECT_EQ(wait("retry-after", "1.25"), 1'250);
    EXPECT_EQ(wait("retry-after", "0.0009"), 0);
    EXPECT_EQ(wait("retry-after-ms", "1500"), 1'500);
    EXPECT_EQ(wait("retry-after", std::string(400, '9')), std::int64_t{31} * 24 * 3600 * 1000);
    for (const char* nonsense :
         {"", "-1", "soon", "1.2.3", ".5", "5.", "1e9", "NaN", "Fri, 31 Dec 1999 23:59:59 GMT"}) {
        EXPECT_EQ(wait("retry-after", nonsense), 0) << nonsense;
    }
}

TEST(CEmbeddings, BecomeTheSameBase64) {
    std::mt19937 random(11);
    for (std::size_t count = 0; count < 40; ++count) {
        std::string array = "[";
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) array += ',';
            array += std::to_string(static_cast<double>(random()) / 1e9 - 2);
        }
        array += ']';
        bw_buffer out = {};
        bw_json_writer json = bw_json_writing(&out);
        ASSERT_EQ(bw_json_base64_floats(&json, c(array)), 1);
        EXPECT_EQ(cpp(bw_buffer_text(&out)),
                  bw::openai::detail::floats_to_base64(bw::json::Value(array)).value());
        bw_buffer_free(&out);
    }
    for (const char* wrong : {"[1,null]", "[1e39]", "[\"1\"]", "7", "[-1e300]"}) {
        bw_buffer out = {};
        bw_json_writer json = bw_json_writing(&out);
        EXPECT_EQ(bw_json_base64_floats(&json, bw_str_from(wrong)), 0) << wrong;
        bw_buffer_free(&out);
    }
}

TEST(CRequests, AreTakenApartByName) {
    bw_arena arena = {};
    const bw_str request = S(R"({"model":"m","mess\u0061ges":[1],"top_k":3,"seed":null})");
    EXPECT_EQ(cpp(bw_json_without(request, "messages input", &arena)),
              R"({"model":"m","top_k":3,"seed":null})");
    EXPECT_EQ(cpp(bw_json_without(S("7"), "a", &arena)), "{}");
    bw_buffer out = {};
    bw_json_writer json = bw_json_writing(&out);
    bw_json_object(&json);
    bw_json_put_members(&json, " top_k  seed other none ", request, S(R"({"seed":4,"top_k":9})"),
                        S(R"({"other":true,"none":null})"));
    bw_json_finish(&json);
    EXPECT_EQ(cpp(bw_buffer_text(&out)), R"({"top_k":3,"seed":4,"other":true})");
    bw_buffer_free(&out);
    bw_arena_free(&arena);
}

TEST(CRequests, NameTheToolOfAResult) {
    bw_arena arena = {};
    const bw_str messages = S(
        R"([{"tool_calls":[{"id":"a","function":{"name":"f"}},{"id":"b","function":{"name":"g"}}]},)"
        R"({"tool_calls":[{"id":"a","function":{"name":"h"}}]},7])");
    const bw_chat_call_names names = bw_chat_read_call_names(messages, &arena);
    EXPECT_EQ(cpp(bw_chat_tool_name(&names, S("\"a\""), &arena)), "h") << "the last one";
    EXPECT_EQ(cpp(bw_chat_tool_name(&names, S("\"b\""), &arena)), "g");
    EXPECT_EQ(cpp(bw_chat_tool_name(&names, S("\"x\""), &arena)), "");
    EXPECT_EQ(cpp(bw_chat_tool_name(&names, S(""), &arena)), "");
    bw_arena_free(&arena);
}

// Whatever stands at whatever place of a string, it ends where it did before.
TEST(CJson, SkipsPlainTextAndNothingElse) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (std::size_t at = 0; at < 20; ++at) {
            std::string text(20, 'a');
            text[at] = static_cast<char>(byte);
            const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            const char* const stop = bw_skip_plain(text.data(), text.data() + text.size());
            const auto skipped = static_cast<std::size_t>(stop - text.data());
            EXPECT_EQ(skipped, plain || at >= 16 ? 16U : at / 8 * 8) << byte << " at " << at;
            const std::string string = '"' + text + '"';
            EXPECT_EQ(bw_json_valid(c(string)) == 1, bw::json::valid(string)) << string;
        }
    }
}

}  // namespace
