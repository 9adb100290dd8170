// What stands in a prompt in place of text is never taken for text, however it is written, and
// never for less than it can be; text is never taken for anything else.
#include "policy/estimate/prompt_size.hpp"

#include <gtest/gtest.h>

#include <string>

#include "json/request.hpp"

namespace bellwether::policy {
namespace {

PromptSize measured(std::string body, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    call.body = std::move(body);
    EXPECT_TRUE(json::read_request(call)) << call.body;
    return measure_prompt(call);
}

// Of one message with that content.
PromptSize saying(std::string_view content, std::string_view more = "") {
    return measured(R"({"model":"m","messages":[{"role":"user","content":)" + std::string(content) +
                    "}]" + std::string(more) + "}");
}

PromptSize embedding(std::string_view input) {
    return measured(R"({"model":"m","input":)" + std::string(input) + "}", Operation::embeddings);
}

std::string repeated(std::string_view text, int count) {
    std::string out;
    while (count-- > 0) out += text;
    return out;
}

const std::string k_long = repeated("iVBORw0KGgo1", 1'000);  // 12,000 bytes of base64

TEST(PromptSize, TextIsOnlyText) {
    for (const char* content : {R"("describe this image, input_audio and video_url")",
                                R"("see \"image_url\":[{\"url\":\"https://x\"}]")",
                                R"([{"type":"text","text":"https://x/video.mp4"}])",
                                R"([{"type":"text","text":"x","cache_control":{"type":"e"}}])",
                                R"([{"type":"refusal","refusal":"no"},"and this", null])", R"([])",
                                "null", R"(": [{")"}) {
        const auto size = saying(content);
        EXPECT_EQ(size.media_tokens, 0) << content;
        EXPECT_EQ(size.part_tokens, 0) << content;
        EXPECT_GE(size.text_bytes, static_cast<std::int64_t>(std::string_view(content).size()));
    }
}

TEST(PromptSize, ToolCallsAreText) {
    const auto size = measured(
        R"({"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1",)"
        R"("type":"function","function":{"name":"see","arguments":"{\"image_url\":[1]}"}}]}]})");
    EXPECT_EQ(size.media_tokens, 0);
    EXPECT_EQ(size.part_tokens, 0);
}

TEST(PromptSize, APictureCountsAsAPictureAndNotByItsBytes) {
    for (const std::string& url : {std::string("https://example.com/a.png"),
                                   "data:image/png;base64," + k_long, std::string("oss://x/1")}) {
        for (const std::string& part :
             {R"({"type":"image_url","image_url":{"detail":"high","url":")" + url + "\"}}",
              R"({"type":"image_url","image_url":")" + url + "\"}",
              R"({"type":"input_image","image_url":")" + url + "\"}",
              R"({"image":")" + url + "\"}"}) {
            const auto size = saying("[" + part + "]");
            EXPECT_EQ(size.media_tokens, 4'096) << part;
            EXPECT_EQ(size.part_tokens, 0) << part;
            EXPECT_LT(size.text_bytes, 200) << part;
        }
    }
}

// Each digit counts as a token, and the data of a picture is full of them.
TEST(PromptSize, OnlyTheDigitsOfTheTextCount) {
    EXPECT_EQ(saying(R"("call 911 or 112")").digits, 6);
    for (const std::string& part :
         {R"({"image_url":{"url":"data:image/png;base64,)" + k_long + "\"}}",
          R"({"input_audio":{"data":")" + k_long + "\"}}",
          R"({"file":{"file_data":"data:application/pdf;base64,)" + k_long + "\"}}"}) {
        EXPECT_EQ(saying(R"([{"text":"call 911"},)" + part + "]").digits, 3) << part.substr(0, 20);
    }
}

TEST(PromptSize, EachPictureCounts) {
    const std::string picture = R"({"type":"image_url","image_url":{"url":"https://x"}})";
    const auto two = saying("[" + picture + "," + picture + "]");
    EXPECT_EQ(two.media_tokens, 2 * 4'096);
    EXPECT_EQ(saying(R"([{"image":["https://x","https://y"]}])").media_tokens, 2 * 4'096);
    EXPECT_EQ(measured(R"({"model":"m","messages":[{"content":[)" + picture + R"(]},{"content":[)" +
                       picture + "]}]}")
                  .media_tokens,
              2 * 4'096);
}

// Any of these is read alike upstream.
TEST(PromptSize, EscapesHideNothing) {
    for (const char* part : {R"({"type":"image_url","\u0069mage_url":{"url":"https://x"}})",
                             R"({"type":"image_url","image\u005furl":{"\u0075rl":"https://x"}})",
                             R"({"type":"image_url","image_url":{"url":"https:\/\/x"}})"}) {
        EXPECT_EQ(saying("[" + std::string(part) + "]").media_tokens, 4'096) << part;
    }
    const auto hidden = measured(
        R"({"model":"m","messages":[{"\u0063ontent":[{"image_url":{"url":"https://x"}}]}]})");
    EXPECT_EQ(hidden.media_tokens, 4'096);
    const auto behind_backslashes = measured(R"({"model":"m","messages":[{"a\\":[1],"content" : )"
                                             "\n\t"
                                             R"([{"image_url":{"url":"https://x"}}]}]})");
    EXPECT_EQ(behind_backslashes.media_tokens, 4'096);
}

TEST(PromptSize, AUrlWithEscapesIsNotTakenForAPicture) {
    for (const char* url : {R"(\u0064ata:application/pdf;base64,JVBERi0=)", R"(\u0068ttps://x)"}) {
        const auto size =
            saying(R"([{"type":"image_url","image_url":{"url":")" + std::string(url) + "\"}}]");
        EXPECT_EQ(size.part_tokens, k_tokens_unknown) << url;
    }
}

TEST(PromptSize, HighResolutionCountsAsThat) {
    const std::string asked[] = {R"({"image_url":{"url":"https://x"},"max_pixels":9999999})",
                                 R"({"image_url":{"url":"https://x","max_pixels":9999999}})",
                                 R"({"image_url":{"url":"https://x","detail":"original"}})",
                                 R"({"image_url":"https://x","detail":"original"})"};
    for (const auto& part : asked) {
        EXPECT_EQ(saying("[" + part + "]").media_tokens, 16'384) << part;
    }
    const char* const picture = R"([{"image_url":{"url":"https://x"}}])";
    for (const char* more :
         {R"(,"vl_high_resolution_images":true)", R"(,"vl_high_resolution_image\u0073":true)",
          R"(,"mm_processor_kwargs":{"max_pixels":9999999})"}) {
        EXPECT_EQ(saying(picture, more).media_tokens, 16'384) << more;
    }
    EXPECT_EQ(saying(picture, R"(,"user":"vl_high_resolution_images")").media_tokens, 4'096);
}

TEST(PromptSize, SoundCountsByItsLength) {
    for (const char* before : {"", "data:;base64,", "data:audio/wav;base64,"}) {
        const auto size =
            saying(R"([{"type":"input_audio","input_audio":{"format":"wav","data":")" +
                   std::string(before) + repeated(R"(UklGR\/)", 2'000) + "\"}}]");
        EXPECT_GT(size.media_tokens, 150);
        EXPECT_LT(size.media_tokens, 300);
        EXPECT_EQ(size.part_tokens, 0);
        EXPECT_LT(size.text_bytes, 200);
    }
}

// It may be an hour of it.
TEST(PromptSize, SoundElsewhereIsOfUnknownSize) {
    for (const char* data :
         {"https://x/a.mp3", R"(\u0068ttps:\/\/x)", R"(https\u003a\/\/x)", "file-1", "oss://x"}) {
        EXPECT_EQ(saying(R"([{"type":"input_audio","input_audio":{"data":")" + std::string(data) +
                         "\"}}]")
                      .part_tokens,
                  k_tokens_unknown)
            << data;
    }
    EXPECT_EQ(measured(R"({"model":"m","messages":[{"role":"assistant","audio":{"id":"a"}}]})")
                  .part_tokens,
              k_tokens_unknown);
}

TEST(PromptSize, VideosFilesAndWhatIsNotKnownAreOfUnknownSize) {
    for (const char* part : {R"({"type":"video_url","video_url":{"url":"https://x/a.mp4"}})",
                             R"({"type":"video","video":["https://x/1.jpg","https://x/2.jpg"]})",
                             R"({"type":"input_video","input_video":{"url":"https://x"}})",
                             R"({"type":"file","file":{"file_id":"file-1"}})",
                             R"({"type":"file","file":{"file_data":"data:,x","file_id":"file-1"}})",
                             R"({"type":"input_file","file_url":"https://x/a.pdf"})",
                             R"({"type":"text","text":"x","hologram":{"url":"https://x"}})",
                             R"({"type":"text","text":"x","Image_URL":"https://x"})",
                             R"({"nested":{"deeper":[{"still":"https://x"}]}})",
                             R"({"video_url":{"url":{"url":"https://x"}}})"}) {
        const auto size = saying("[" + std::string(part) + "]");
        EXPECT_EQ(size.part_tokens, k_tokens_unknown) << part;
        EXPECT_EQ(saying(part).part_tokens, k_tokens_unknown) << "without brackets: " << part;
    }
}

TEST(PromptSize, AFileThatComesAlongCountsByItsBytes) {
    const std::string data = "data:application/pdf;base64," + k_long;
    for (const std::string& part :
         {R"({"type":"file","file":{"filename":"a.pdf","file_data":")" + data + "\"}}",
          R"({"type":"video_url","video_url":{"url":")" + data + "\"}}",
          R"({"type":"image_url","image_url":{"url":")" + data + "\"}}"}) {
        const auto size = saying("[" + part + "]");
        EXPECT_EQ(size.part_tokens, static_cast<std::int64_t>(data.size())) << part;
        EXPECT_EQ(size.media_tokens, 0) << part;
        EXPECT_LT(size.text_bytes, 200) << part;
    }
    // A few bytes can be a large page.
    EXPECT_EQ(saying(R"([{"type":"file","file":{"file_data":"data:,x"}}])").part_tokens, 4'096);
}

TEST(PromptSize, TextWithinAPartStaysText) {
    const auto size = saying(R"([{"type":"tool_result","content":[{"type":"text","text":")" +
                             k_long + R"("}]},{"type":"tool_result","content":"x"}])");
    EXPECT_EQ(size.part_tokens, 0);
    EXPECT_GT(size.text_bytes, 12'000);
}

TEST(PromptSize, EmbeddingsHavePartsToo) {
    EXPECT_EQ(embedding(R"([{"image":"https://x"},{"text":"x"}])").media_tokens, 4'096);
    EXPECT_EQ(embedding(R"([{"video":"https://x"}])").part_tokens, k_tokens_unknown);
    for (const char* input : {R"("{\"image\":1}")", R"(["{","x"])", "[1,2,3]", "[[1],[2]]"}) {
        const auto size = embedding(input);
        EXPECT_EQ(size.media_tokens + size.part_tokens, 0) << input;
    }
}

}  // namespace
}  // namespace bellwether::policy
