// What needs no server: the protocol's bytes, the settings, the words of the scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/redis/codec.hpp"
#include "ledger/redis/lua.hpp"
#include "ledger/redis/reply.hpp"
#include "ledger/redis/settings.hpp"

namespace bellwether::ledger {
namespace {

TEST(RedisReply, CommandsHoldAnyBytes) {
    EXPECT_EQ(redis_command({"SET", std::string_view("a\r\n\0", 4)}),
              std::string("*2\r\n$3\r\nSET\r\n$4\r\na\r\n\0\r\n", 23));
}

TEST(RedisReply, IsReadByteByByte) {
    RedisReader reader;
    std::vector<RedisReply> replies;
    for (const char byte : std::string_view("*3\r\n:7\r\n$2\r\nhi\r\n$-1\r\n-ERR no\r\n+OK\r\n")) {
        reader.feed({&byte, 1});
        auto reply = reader.next();
        ASSERT_TRUE(reply);
        if (*reply) replies.push_back(**reply);
    }
    ASSERT_EQ(replies.size(), 3u);
    EXPECT_EQ(replies[0].integer_at(0), 7);
    EXPECT_EQ(replies[0].integer_at(9), 0);
    EXPECT_EQ(replies[0].elements[1].text, "hi");
    EXPECT_EQ(replies[0].elements[2].kind, RedisReply::Kind::nothing);
    EXPECT_TRUE(replies[1].failed());
    EXPECT_EQ(replies[2].text, "OK");
}

TEST(RedisReply, WhatIsNotRedisIsAnError) {
    RedisReader reader;
    reader.feed("HTTP/1.1 400 Bad Request\r\n");
    EXPECT_FALSE(reader.next());
}

// hiredis makes room for all elements that an array announces, before one of them has come.
TEST(RedisReply, AnArrayOfBillionsIsAnErrorAndTakesNoMemory) {
    RedisReader reader;
    reader.feed("*1790000000\r\n:1\r\n");
    const auto reply = reader.next();
    ASSERT_FALSE(reply);
    EXPECT_NE(reply.error().find("more elements"), std::string::npos) << reply.error();
}

TEST(RedisReply, TellsAServerThatIsNotTheOneToAsk) {
    const auto error = [](std::string text) {
        return RedisReply{.kind = RedisReply::Kind::error, .text = std::move(text)};
    };
    for (const char* text :
         {"READONLY You can't write against a read only replica. script: 1, on @user_script:35.",
          "LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down",
          "CLUSTERDOWN The cluster is down", "TRYAGAIN Multiple keys request during rehashing",
          "BUSY Redis is busy running a script."}) {
        EXPECT_TRUE(error(text).wrong_server() && error(text).not_yet()) << text;
    }
    for (const char* text : {"MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381",
                             "NOAUTH Authentication required."}) {
        EXPECT_TRUE(error(text).wrong_server() && !error(text).not_yet()) << text;
    }
    for (const char* text : {"ERR no", "NOSCRIPT No matching script", "OOM command not allowed",
                             "NOREPLICAS Not enough good replicas to write."}) {
        EXPECT_FALSE(error(text).wrong_server()) << text;
    }
    const RedisReply text{.kind = RedisReply::Kind::text, .text = "READONLY"};
    EXPECT_FALSE(text.wrong_server()) << "no error";
}

TEST(RedisSettings, NameTheServerAndNobodyElse) {
    EXPECT_EQ(RedisSettings{.host = "cache"}.name(), "redis://cache:6379/0");
    const RedisSettings full{.host = "::1",
                             .port = 7000,
                             .user = "me",
                             .database = 3,
                             .encrypted = true,
                             .password = "secret"};
    EXPECT_EQ(full.name(), "rediss://[::1]:7000/3");
}

TEST(RedisCodec, NumbersThatLuaCannotTellAreBounded) {
    const Words words = hold_words({.id = {1, 2},
                                    .claims = {{.amount = INT64_MAX,
                                                .limit = INT64_MAX,
                                                .window = {.start = INT64_MIN, .end = INT64_MAX}},
                                               {.amount = -5}}},
                                   "epoch");
    EXPECT_EQ(words[7], std::to_string(k_redis_amount_max));
    EXPECT_EQ(words[8], std::to_string(k_redis_amount_max));
    EXPECT_EQ(words[10], "-9000000000");
    EXPECT_EQ(words[11], "9000000000");
    EXPECT_EQ(words[16], "0");
}

}  // namespace
}  // namespace bellwether::ledger
