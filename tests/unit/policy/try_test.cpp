// One try of a call as an object.
#include "policy/attempts/try.hpp"

#include "answered_attempts.hpp"
#include "bearer.hpp"

namespace bellwether::policy {
namespace {

using testing::HasSubstr;

// Receives what one try produces.
class Listener final : public TryEvents {
  public:
    void on_commit() override { commits_before_chunk.push_back(chunks.size()); }
    void on_reply(std::string) override { ADD_FAILURE() << "there is no reply"; }
    void on_chunk(std::string_view json) override { chunks.emplace_back(json); }
    void on_bytes(std::string_view, std::string_view) override {
        ADD_FAILURE() << "there are no bytes";
    }
    void on_end(Result<void> result) override { ends.push_back(std::move(result)); }

    std::vector<std::size_t> commits_before_chunk;
    std::vector<std::string> chunks;
    std::vector<Result<void>> ends;
};

class OneTry : public AnsweredAttempts {
  protected:
    OneTry() {
        call.started = Clock::now();
        call.body =
            R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})";
        EXPECT_TRUE(json::read_request(call));
        EXPECT_TRUE(one.start(0, false));
        streams();
    }

    Listener listener;
    Try one{engine, call, targets[0].target, reckoner, listener};
};

TEST_F(OneTry, CommitsWithItsFirstContent) {
    wire.last().event(k_role);
    EXPECT_EQ(one.commitment(), Commitment::none);
    EXPECT_TRUE(listener.chunks.empty());
    wire.last().event(k_hello);
    EXPECT_EQ(one.commitment(), Commitment::committed);
    EXPECT_EQ(listener.chunks.size(), 2U);
    EXPECT_EQ(listener.commits_before_chunk, std::vector<std::size_t>{0}) << "once, before both";
}

TEST_F(OneTry, IsStillKnownAfterItsEnd) {
    wire.last().event(k_hello);
    wire.last().event(k_stop);
    EXPECT_TRUE(one.is_answered());
    EXPECT_TRUE(one.waits_for_usage());
    const AnswerSeen heard = one.heard();
    Result<void> whole;
    one.close(whole, Evidence::fresh);
    EXPECT_TRUE(wire.last().dropped());
    EXPECT_FALSE(one.waits_for_usage()) << "nothing can come any more";
    EXPECT_EQ(one.heard().pieces, heard.pieces);
    EXPECT_EQ(one.heard().body_bytes, heard.body_bytes);
    EXPECT_TRUE(one.heard().last_word);
    EXPECT_TRUE(listener.ends.empty()) << "who closes it knows";
}

TEST_F(OneTry, MakesAUsageChunkWhereItsProviderSentNone) {
    wire.last().event(k_hello);
    Result<void> whole;
    one.close(whole, Evidence::fresh);
    one.send_usage({.input_tokens = 7, .output_tokens = 2}, {});
    ASSERT_EQ(listener.chunks.size(), 2U);
    EXPECT_THAT(listener.chunks[1], HasSubstr(R"("total_tokens":9)"));
    EXPECT_THAT(listener.chunks[1], HasSubstr(R"("id":"c")"));
}

// What was told before more was generated is no figure of the whole answer.
TEST_F(OneTry, BelievesAFigureThatCameWithTheLastTextOrAfterIt) {
    const std::string usage = R"(,"usage":{"prompt_tokens":2,"completion_tokens":6}})";
    const auto with_usage = [&](const std::string& chunk) {
        return chunk.substr(0, chunk.size() - 1) + usage;
    };
    wire.last().event(with_usage(k_role));
    EXPECT_TRUE(one.heard().reported_last);
    wire.last().event(k_hello);
    EXPECT_FALSE(one.heard().reported_last);
    wire.last().event(with_usage(k_hello));
    EXPECT_TRUE(one.heard().reported_last);
    wire.last().event(k_hello);
    EXPECT_FALSE(one.heard().reported_last);
    wire.last().event(R"({"id":"c","choices":[])" + usage);
    EXPECT_TRUE(one.heard().reported_last);
    EXPECT_EQ(one.heard().reported.output_tokens, 6);
}

TEST_F(OneTry, ThatIsRefusedSaysWhenThereIsRoomAgain) {
    Result<void> refused = std::unexpected(Error{.kind = ErrorKind::rate});
    one.close(refused, Evidence::fresh);
    EXPECT_TRUE(refused.error().retry_after);
    EXPECT_GT(upstreams.limits.wait(targets[0].target, 1).count(), 0);
}

class ChangedTry : public AnsweredAttempts {
  protected:
    void start() {
        targets[0].target.target = &target;
        call.started = Clock::now();
        call.body = R"({"model":"m","messages":[],"n":2,"top_k":5,"stream":true})";
        ASSERT_TRUE(json::read_request(call));
        one.emplace(engine, call, targets[0].target, reckoner, listener);
        ASSERT_TRUE(one->start(0, false));
    }
    Error error() {
        if (listener.ends.size() != 1U || listener.ends[0]) return {.code = "no error"};
        one->close(listener.ends[0], Evidence::fresh);
        return listener.ends[0].error();
    }

    config::Target target;
    Listener listener;
    std::optional<Try> one;
};

TEST_F(ChangedTry, SendsWhatItsTargetSetsAndLeavesOutWhatItDrops) {
    target.set = {{.key = "max_tokens", .json = "9", .at = {}}};
    target.drop = {"n", "top_k"};
    start();
    EXPECT_EQ(wire.last().body, R"({"model":"m","messages":[],"stream":true,"max_tokens":9,)"
                                R"("stream_options":{"include_usage":true}})");
    streams();
    wire.last().event(k_stop);
    EXPECT_TRUE(one->heard().last_word) << "it was asked for one choice only";
}

class TryWithCredentials : public ChangedTry {
  protected:
    // The provider "a" with two credentials.
    TryWithCredentials() {
        auto several = std::make_shared<plugin::LoadedProvider>(slots[0].provider());
        several->api_keys = {bearer("key-one"), bearer("key-two")};
        several->api_keys_of = "api_key";
        several->credentials = {{"api_key", several->api_keys.front()}};
        several->config = json::with_member(several->config, "credentials", R"(["api_key"])");
        slots[0] = plugin::ProviderSlot(several);
        config.providers[0].api_keys = {{"api_key", "env:A", {}}, {"api_key", "env:B", {}}};
        known.emplace(config, 8);
        target.timeouts = slots[0].provider().timeouts;
    }
    ~TryWithCredentials() override { one.reset(); }  // which refers to `known`
    void start_with(std::size_t credential) {
        targets[0].target.credential = credential;
        call.started = Clock::now();
        call.body = R"({"model":"m","messages":[]})";
        ASSERT_TRUE(json::read_request(call));
        one.emplace(AttemptServices{loop, wire, desk, slots, *known, random}, call,
                    targets[0].target, reckoner, listener);
        ASSERT_TRUE(one->start(0, false));
    }
    void close(Result<void> result) { one->close(result, Evidence::fresh); }
    bool is_aside(std::size_t credential) const {
        return known->credentials.state(0, credential).use == CredentialUse::set_aside;
    }

    std::optional<Upstreams> known;
};

TEST_F(TryWithCredentials, SendsTheOneOfItsCandidate) {
    start_with(1);
    EXPECT_THAT(wire.last().headers, testing::Contains("authorization: Bearer key-two"));
    start_with(0);
    EXPECT_THAT(wire.last().headers, testing::Contains("authorization: Bearer key-one"));
}

TEST_F(TryWithCredentials, SetsItAsideIfItIsRefusedAndNotForOtherFailures) {
    for (const ErrorKind kind : {ErrorKind::rate, ErrorKind::upstream, ErrorKind::invalid}) {
        start_with(1);
        close(std::unexpected(Error{.kind = kind}));
        EXPECT_FALSE(is_aside(1));
    }
    start_with(1);
    close(std::unexpected(Error{.kind = ErrorKind::quota}));
    EXPECT_TRUE(is_aside(1));
    EXPECT_FALSE(is_aside(0));
    time.now += std::chrono::seconds(1);
    start_with(1);
    close({});
    EXPECT_FALSE(is_aside(1));
}

TEST_F(ChangedTry, HasTheTimeOutsOfItsTarget) {
    target.timeouts = {.connect = std::chrono::milliseconds(700),
                       .first_byte = std::chrono::milliseconds(50)};
    start();
    EXPECT_EQ(wire.last().connect_timeout, std::chrono::milliseconds(700));
    pass(std::chrono::milliseconds(49));
    EXPECT_TRUE(listener.ends.empty());
    pass(std::chrono::milliseconds(1));
    const Error late = error();
    EXPECT_EQ(late.code, "first_byte_timeout");
    EXPECT_FALSE(late.by_client);
}

TEST_F(ChangedTry, HasShorterTimeOutsIfItsClientWantsThem) {
    call.limits = {.connect = std::chrono::milliseconds(30),
                   .first_byte = std::chrono::milliseconds(40)};
    target.timeouts.first_byte = std::chrono::milliseconds(50);
    start();
    EXPECT_EQ(wire.last().connect_timeout, std::chrono::milliseconds(30));
    pass(std::chrono::milliseconds(40));
    const Error late = error();
    EXPECT_EQ(late.code, "first_byte_timeout");
    EXPECT_TRUE(late.by_client);
}

}  // namespace
}  // namespace bellwether::policy
