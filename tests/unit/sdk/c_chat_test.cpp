// The helpers for C that speak to the host: the replies and chunks of a chat are those of the
// helpers for C++, and whatever the host refuses ends them.
#include <bellwether/c/helpers.h>
#include <bellwether/chat/reply.hpp>
#include <bellwether/json.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "c_host.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

TEST(CHost, IsToldWhyAFunctionFails) {
    KeepingHost host;
    EXPECT_EQ(bw_fail(host.teller(), BW_E_RATE, S("wait")), BW_E_RATE);
    EXPECT_EQ(host.message, "wait");
    EXPECT_EQ(host.error.size, sizeof host.error);
    EXPECT_EQ(host.error.retry_after_ms, 0);
    bw_error error = bw_error_of(BW_E_RATE, S("slow"));
    error.retry_after_ms = 7;
    EXPECT_EQ(bw_tell(host.teller(), &error), BW_E_RATE);
    EXPECT_EQ(host.error.retry_after_ms, 7);
    EXPECT_EQ(bw_fail_http(host.teller(), 404, S("no such model")), BW_E_NOT_FOUND);
    EXPECT_EQ(host.error.http_status, 404u);
    EXPECT_EQ(bw_fail_http(host.teller(), 500, S("")), BW_E_UPSTREAM);
    EXPECT_EQ(host.message, "the upstream answered with an error");
    EXPECT_EQ(bw_fail_memory(host.teller()), BW_E_INTERNAL);
    EXPECT_EQ(cpp(host.error.code), "out_of_memory");
    bw_log_line(host.teller(), BW_LOG_INFO, S("a line"));
    EXPECT_EQ(host.message, "a line");
}

TEST(CHost, IsToldWhatToSendAndWhatWasUsed) {
    KeepingHost host;
    EXPECT_EQ(bw_post(host.teller(), S("https://x.test/"), S("key"), BW_FRAME_SSE, S("{}")), BW_OK);
    EXPECT_EQ(cpp(host.sent.method) + cpp(host.sent.url), "POSThttps://x.test/");
    EXPECT_EQ(host.sent.frame, std::uint32_t{BW_FRAME_SSE});
    EXPECT_EQ(host.sent.auth_count, 1u);
    EXPECT_EQ(host.body, "{}");
    host.answer = BW_E_UNSUPPORTED;
    EXPECT_EQ(bw_post(host.teller(), S("https://x.test/"), S(""), BW_FRAME_ITEM, S("")),
              BW_E_UNSUPPORTED);
    EXPECT_EQ(host.sent.auth_count, 0u);
    EXPECT_EQ(bw_used(host.teller(), S("input"), -1), BW_OK);
    EXPECT_EQ(bw_used(host.teller(), S("output"), 0), BW_OK);
    EXPECT_EQ(bw_used_tier(host.teller(), S("priority")), BW_OK);
    EXPECT_EQ(host.used, "output=0;") << "what is below 0 was not said";
    EXPECT_EQ(host.tier, "priority");
    const bw_header headers[] = {{S("date"), S("x")}, {S("retry-after"), S("3")}};
    EXPECT_EQ(cpp(bw_header_value(headers, 2, S("retry-after"))), "3");
    EXPECT_EQ(bw_header_value(headers, 2, S("age")).len, 0u);
}

// ---- replies ---------------------------------------------------------------------------------

struct Sink {
    Pieces* to;
    void emit_chunk(std::string_view json) const { to->emplace_back(BW_EMIT_CHUNK, json); }
    void emit_reply(std::string_view json) const { to->emplace_back(BW_EMIT_REPLY, json); }
    void emit_usage_chunk(std::string_view json) const { to->emplace_back(BW_EMIT_USAGE, json); }
};

// The same event to both.
void tell(bw_chat_reply* ours, bw::chat::Reply<Sink>& theirs, std::mt19937& random) {
    const std::string piece = random_text(random, 6);
    const auto choice = static_cast<std::int64_t>(random() % 3);
    const auto calls = static_cast<int>(theirs.tool_calls(choice));
    bw::Usage usage;
    switch (random() % 9) {
        case 0: theirs.text(piece, choice), bw_chat_text(ours, choice, c(piece)); break;
        case 1: theirs.reasoning(piece, choice), bw_chat_reasoning(ours, choice, c(piece)); break;
        case 2: theirs.refusal(piece, choice), bw_chat_refusal(ours, choice, c(piece)); break;
        case 3:
            theirs.tool_call_begin(piece, "f", choice);
            bw_chat_tool_call_begin(ours, choice, c(piece), S("f"));
            break;
        case 4:
            theirs.tool_call_arguments(piece, choice);
            bw_chat_tool_call_arguments(ours, choice, calls - 1, c(piece));
            break;
        case 5:
            theirs.tool_call("", piece, "{}", choice);
            bw_chat_tool_call(ours, choice, S(""), c(piece), S("{}"));
            break;
        case 6:
            usage.input = choice * 100;
            usage.cached_input = choice - 1;
            usage.output = static_cast<std::int64_t>(piece.size()) - 1;
            usage.reasoning = choice;
            usage.image_output = choice - 1;
            theirs.usage(usage);
            bw_chat_used(ours, S("input"), usage.input);
            bw_chat_used(ours, S("input.cached"), usage.cached_input);
            bw_chat_used(ours, S("output"), usage.output);
            bw_chat_used(ours, S("output.reasoning"), usage.reasoning);
            bw_chat_used(ours, S("output.image"), usage.image_output);
            break;
        case 7:
            theirs.id(piece).model(piece).system_fingerprint(piece);
            bw_chat_id(ours, c(piece)), bw_chat_model(ours, c(piece));
            bw_chat_system_fingerprint(ours, c(piece));
            break;
        default:
            if (piece.size() < 5) break;
            theirs.finish(bw::chat::Finish::length, choice);
            bw_chat_finish(ours, choice, BW_FINISH_LENGTH);
    }
}

TEST(CChat, BuildsTheSameRepliesAndChunks) {
    std::mt19937 random(2);
    for (int round = 0; round < 3000; ++round) {
        const bool stream = round % 2 == 0;
        Pieces expected;
        KeepingHost host;
        bw::chat::Reply<Sink> theirs(Sink{&expected}, stream);
        const bw_request request = asks(stream);
        bw_chat_reply ours;
        bw_chat_begin(&ours, host.teller(), &request);
        theirs.created(std::chrono::seconds(5));
        for (auto left = random() % 40; left > 0; --left) tell(&ours, theirs, random);
        if (random() % 4 != 0) {
            for (std::int64_t choice = 0; choice < 3; ++choice) {
                theirs.finish(bw::chat::Finish::stop, choice);
                bw_chat_finish(&ours, choice, BW_FINISH_STOP);
            }
        }
        ASSERT_EQ(bw_chat_end(&ours), theirs.end() ? BW_OK : BW_E_PROTOCOL);
        ASSERT_EQ(host.emitted, expected) << "round " << round;
        for (const auto& piece : host.emitted) ASSERT_TRUE(bw::json::valid(piece.second));
        bw_chat_free(&ours);
    }
}

TEST(CChat, SaysWhatTheUpstreamSaidOfItsUsage) {
    KeepingHost host;
    bw_chat_reply reply;
    const bw_request request = asks(false, "7");
    bw_chat_begin(&reply, host.teller(), &request);
    bw_chat_used(&reply, S("total"), 9);
    bw_chat_used(&reply, S("total"), 8);
    bw_chat_used(&reply, S("total"), -1);
    bw_chat_used(&reply, S("web_search"), 2);
    bw_chat_tier(&reply, S("priority"));
    bw_chat_finish(&reply, 0, BW_FINISH_STOP);
    EXPECT_EQ(bw_chat_end(&reply), BW_OK);
    const Value whole(host.emitted.at(0).second);
    EXPECT_EQ(whole["id"].string(), "chatcmpl-7");
    EXPECT_EQ(whole["created"].integer(), 5);
    EXPECT_EQ(whole["service_tier"].string(), "priority");
    EXPECT_EQ(whole["usage"]["total_tokens"].integer(), 9);
    EXPECT_EQ(host.used, "total=9;total=8;web_search=2;");
    EXPECT_EQ(host.tier, "priority");
    EXPECT_EQ(bw_chat_end(&reply), BW_OK) << "a second time nothing is emitted";
    EXPECT_EQ(host.emitted.size(), 1u);
    bw_chat_free(&reply);
}

// What counts the call makes a closing chunk; a part of it does not.
TEST(CChat, ClosesAStreamWithWhatCountsIt) {
    for (const auto& [name, counts] : {std::pair<const char*, bool>{"output", true},
                                       {"total", true},
                                       {"image", true},
                                       {"input.cached", false},
                                       {"input.cache_write_1h", false}}) {
        KeepingHost host;
        const bw_request request = asks(true);
        bw_chat_reply reply;
        bw_chat_begin(&reply, host.teller(), &request);
        bw_chat_used(&reply, bw_str_from(name), 0);
        bw_chat_finish(&reply, 0, BW_FINISH_STOP);
        EXPECT_EQ(bw_chat_end(&reply), BW_OK);
        EXPECT_EQ(host.emitted.back().first == BW_EMIT_USAGE, counts) << name;
        bw_chat_free(&reply);
    }
}

TEST(CChat, StopsAtTheFirstFailure) {
    KeepingHost host;
    const bw_request request = asks(true);
    bw_chat_reply* const refused = bw_chat_new(host.teller(), &request);
    host.answer = BW_E_UNSUPPORTED;
    bw_chat_text(refused, 0, S("a"));
    bw_chat_text(refused, 0, S("b"));
    EXPECT_EQ(host.emitted.size(), 1u);
    EXPECT_EQ(bw_chat_status(refused), BW_E_UNSUPPORTED);
    EXPECT_EQ(bw_chat_end(refused), BW_E_UNSUPPORTED);
    EXPECT_EQ(host.message, "") << "the host has told it itself";
    bw_chat_delete(refused);
    host.answer = BW_OK;

    bw_chat_reply* const cut = bw_chat_new(host.teller(), &request);
    bw_chat_text(cut, 0, S("a"));
    EXPECT_EQ(bw_chat_status(cut), BW_OK);
    EXPECT_EQ(bw_chat_end(cut), BW_E_PROTOCOL);
    EXPECT_EQ(host.message, "the answer was cut");
    bw_chat_delete(cut);

    bw_call* call = nullptr;
    bw_chat_reply* const failed = bw_chat_new(host.teller(), &request);
    bw_chat_fail(failed, BW_E_INVALID, S("first"));
    bw_chat_fail(failed, BW_E_RATE, S("second"));
    const bw_buffer body = {};
    const bw_status status = bw_chat_post(failed, S("https://x.test/"), S(""), 0, &body);
    EXPECT_EQ(bw_chat_opened(failed, status, &call), BW_E_INVALID);
    EXPECT_EQ(host.message, "first");
    EXPECT_EQ(call, nullptr);
    EXPECT_EQ(host.sent.size, 0u) << "nothing was sent";

    bw_chat_reply* const poor = bw_chat_new(host.teller(), &request);
    poor->texts.failed = 1;
    EXPECT_EQ(bw_chat_status(poor), BW_E_INTERNAL);
    EXPECT_EQ(cpp(host.error.code), "out_of_memory");
    bw_chat_delete(poor);
    bw_chat_delete(nullptr);
}

}  // namespace
