// A call's hold is taken once and given back once, whatever becomes of the call.
#include "policy/admission/admission.hpp"

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

constexpr const char* k_each_provider =
    "[[budgets]]\nname = \"p\"\nlimit = \"1ktok\"\nper = \"none\"\neach = \"provider\"\n";

CallEnd served_by(const char* provider, std::int64_t input, std::int64_t output) {
    return {
        .result = {},
        .usage = {.input_tokens = input, .output_tokens = output, .source = UsageSource::provider},
        .provider = provider,
        .model = "m"};
}

TEST(Admission, HoldsWhatTheCallMayUse) {
    Desk desk(k_budget);
    desk.ask();
    ASSERT_EQ(desk.session->holds.size(), 1U);
    const auto& hold = desk.session->holds[0];
    ASSERT_EQ(hold.claims.size(), 1U);
    EXPECT_GT(hold.claims[0].amount, 100);
    EXPECT_EQ(hold.claims[0].amount,
              hold.estimate.usage.input_tokens + hold.estimate.usage.output_tokens);
    EXPECT_FALSE(desk.told) << "admitted before the ledger said so";
    desk.session->answer({});
    EXPECT_TRUE(desk.told && *desk.told);
}

// Nobody knows how large it is, but no prompt is larger than its model's context.
TEST(Admission, HoldsTheModelsContextForAFileThatIsOnlyNamed) {
    const char* const file =
        R"(,"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"1"}}]}])";
    Desk desk(std::string("[server]\ndefault_context = 70000\n") + k_budget);
    desk.ask("", file);
    EXPECT_GT(desk.session->holds[0].estimate.usage.input_tokens, 70'000);
    EXPECT_LT(desk.session->holds[0].estimate.usage.input_tokens, 71'000);
    desk.slots[0] = Desk::slot("a", {{.id = "m", .context = 5'000}});
    desk.ask("", file);
    EXPECT_GT(desk.session->holds[1].estimate.usage.input_tokens, 5'000);
    EXPECT_LT(desk.session->holds[1].estimate.usage.input_tokens, 6'000);
}

TEST(Admission, SettlesOnceAtWhatWasUsed) {
    Desk desk(k_budget);
    Admission& admission = desk.ask();
    desk.session->answer({});
    admission.settle({.call = desk.call, .outcome = served_by("a", 7, 5)});
    admission.settle({.call = desk.call, .outcome = served_by("a", 7, 5)});
    desk.admission.reset();
    ASSERT_EQ(desk.session->settled.size(), 1U);
    EXPECT_EQ(desk.session->settled[0].id, desk.session->holds[0].id);
    EXPECT_EQ(desk.session->settled[0].amounts, std::vector<std::int64_t>{12});
    EXPECT_TRUE(desk.session->settled[0].recorded);
}

TEST(Admission, ReleasesWhatCameToNothing) {
    Desk desk(k_budget);
    Admission& admission = desk.ask();
    desk.session->answer({});
    admission.settle(
        {.call = desk.call, .outcome = {.result = fail(ErrorKind::unreachable, "nobody there")}});
    ASSERT_EQ(desk.session->settled.size(), 1U);
    EXPECT_EQ(desk.session->settled[0].amounts, std::vector<std::int64_t>{0});
    EXPECT_FALSE(desk.session->settled[0].recorded);
}

// Unknown is never free.
TEST(Admission, SettlesAtItsHoldWhatNobodySettled) {
    Desk desk(k_budget);
    desk.ask();
    desk.session->answer({});
    desk.admission.reset();
    ASSERT_EQ(desk.session->settled.size(), 1U);
    EXPECT_EQ(desk.session->settled[0].amounts,
              std::vector<std::int64_t>{desk.session->holds[0].claims[0].amount});
}

TEST(Admission, GivesBackAHoldThatComesWhenTheCallIsGone) {
    Desk desk(k_budget);
    desk.ask();
    desk.admission.reset();
    desk.session->answer({});
    ASSERT_EQ(desk.session->settled.size(), 1U);
    EXPECT_EQ(desk.session->settled[0].amounts, std::vector<std::int64_t>{0});
    EXPECT_FALSE(desk.session->settled[0].recorded);
}

TEST(Admission, OwesNothingForWhatWasRefused) {
    Desk desk(k_budget);
    desk.ask();
    desk.session->answer({.answer = ledger::HoldAnswer::refused});
    ASSERT_TRUE(desk.told && !*desk.told);
    EXPECT_EQ(desk.told->error().kind, ErrorKind::budget);
    desk.admission.reset();
    EXPECT_TRUE(desk.session->settled.empty());
}

TEST(Admission, CountsAtTheProviderThatServed) {
    Desk desk(k_each_provider);
    Admission& admission = desk.ask();
    ASSERT_EQ(desk.session->holds[0].claims.size(), 2U);
    desk.session->answer({});
    admission.settle({.call = desk.call, .outcome = served_by("b", 7, 5)});
    EXPECT_EQ(desk.session->settled[0].amounts, (std::vector<std::int64_t>{0, 12}));
}

TEST(Admission, LeavesOutAProviderThatHasNoRoom) {
    Desk desk(k_each_provider);
    Admission& admission = desk.ask();
    desk.session->answer({.answer = ledger::HoldAnswer::refused, .refused_by = 0});
    ASSERT_EQ(desk.session->holds.size(), 2U);
    ASSERT_EQ(desk.session->holds[1].claims.size(), 1U);
    EXPECT_EQ(desk.session->holds[1].claims[0].counter.value, "b");
    desk.session->answer({});
    EXPECT_TRUE(desk.told && *desk.told);
    ASSERT_EQ(admission.prospects().size(), 1U);
    EXPECT_EQ(admission.prospects()[0].target.provider, 1U);
}

// The ledger has taken its time, and the client's is over: nothing is sent for it any more.
TEST(Admission, RefusesACallWhoseDeadlineHasPassedMeanwhile) {
    Desk desk(k_budget);
    Admission& admission = desk.ask();
    desk.call.deadline = Clock::now();
    desk.session->answer({});
    ASSERT_TRUE(desk.told && !*desk.told);
    EXPECT_EQ(desk.told->error().code, "deadline_exceeded");
    admission.settle({.call = desk.call, .outcome = {.result = *desk.told}});
    ASSERT_EQ(desk.session->settled.size(), 1U);
    EXPECT_EQ(desk.session->settled[0].amounts, std::vector<std::int64_t>{0});
}

TEST(Admission, RefusesWhileTheLedgerIsAwayUnlessToldToAllow) {
    Desk strict(k_budget);
    strict.ask();
    strict.session->answer({.answer = ledger::HoldAnswer::unavailable, .reason = "disk full"});
    ASSERT_TRUE(strict.told && !*strict.told);
    EXPECT_EQ(strict.told->error().code, "ledger_unavailable");

    Desk lax(std::string("[ledger]\nurl = \"memory:\"\non_failure = \"allow\"\n") + k_budget);
    Admission& admission = lax.ask();
    lax.session->answer({.answer = ledger::HoldAnswer::unavailable, .reason = "disk full"});
    EXPECT_TRUE(lax.told && *lax.told);
    EXPECT_TRUE(admission.durable()) << "an answer would wait for ever";
    admission.settle({.call = lax.call, .outcome = served_by("a", 7, 5)});
    EXPECT_TRUE(lax.session->settled.empty());
}

// Or who invents users until there is no room would have no budget any more.
TEST(Admission, RefusesWhatTheLedgerHasNoRoomForAlsoIfToldToAllow) {
    const std::string allow = "[ledger]\nurl = \"memory:\"\non_failure = \"allow\"\n";
    Desk desk(allow + k_budget);
    desk.ask();
    desk.session->answer(
        {.answer = ledger::HoldAnswer::full, .reason = "it has 7 counters already"});
    ASSERT_TRUE(desk.told && !*desk.told);
    EXPECT_EQ(desk.told->error().code, "ledger_unavailable");
    EXPECT_EQ(desk.told->error().kind, ErrorKind::unavailable);
    desk.admission.reset();
    EXPECT_TRUE(desk.session->settled.empty());

    Desk soft("[[budgets]]\nname = \"b\"\nlimit = \"1ktok\"\nper = \"day\"\nmode = \"soft\"\n");
    soft.ask();
    soft.session->answer({.answer = ledger::HoldAnswer::full});
    EXPECT_TRUE(soft.told && *soft.told) << "a budget that refuses nothing";
}

TEST(Admission, EndsACallWhoseHoldCannotBeWrittenUnlessToldToAllow) {
    Desk strict(k_budget);
    Admission& refused = strict.ask();
    strict.session->answer({});
    std::optional<Result<void>> told;
    refused.when_durable([&](Result<void> result) { told = std::move(result); });
    strict.session->fail_to_commit();
    ASSERT_TRUE(told && !*told);
    EXPECT_EQ(told->error().code, "ledger_unavailable");
    EXPECT_FALSE(refused.durable());
    refused.settle({.call = strict.call, .outcome = served_by("a", 7, 5)});
    EXPECT_EQ(strict.session->settled[0].amounts, std::vector<std::int64_t>{12});

    const std::string soft =
        "[[budgets]]\nname = \"b\"\nlimit = \"1ktok\"\nper = \"day\"\n"
        "mode = \"soft\"\n";
    const std::string allow = "[ledger]\nurl = \"memory:\"\non_failure = \"allow\"\n";
    for (const std::string& rules : {allow + k_budget, soft}) {
        Desk lax(rules);
        Admission& admission = lax.ask();
        lax.session->answer({});
        EXPECT_FALSE(admission.durable());
        lax.session->fail_to_commit();
        EXPECT_TRUE(admission.durable()) << rules;
        admission.settle({.call = lax.call, .outcome = served_by("a", 7, 5)});
        EXPECT_EQ(lax.session->settled.size(), 1U) << "it is counted all the same";
    }
}

TEST(Admission, GivesAnAnswerOutIfTheHoldIsWrittenInTheEnd) {
    Desk desk(k_budget);
    Admission& admission = desk.ask();
    desk.session->answer({});
    desk.session->fail_to_commit();
    EXPECT_FALSE(admission.durable());
    desk.session->commit();
    bool given_out = false;
    admission.when_durable([&](const Result<void>& result) { given_out = result.has_value(); });
    EXPECT_TRUE(given_out && admission.durable());
}

// One provider may have generated all of it before the time ran out, and another answered.
TEST(Admission, CountsWhatAnAttemptInVainMayHaveTaken) {
    Desk desk(k_budget);
    Admission& admission = desk.ask();
    desk.session->answer({});
    CallEnd served = served_by("b", 7, 5);
    served.failures.push_back(
        {.provider = "a",
         .model = "m",
         .kind = ErrorKind::timeout,
         .usage = {.input_tokens = 90, .output_tokens = 100, .source = UsageSource::estimate}});
    admission.settle({.call = desk.call, .outcome = served});
    EXPECT_EQ(desk.session->settled[0].amounts, std::vector<std::int64_t>{202});
    const ledger::UsageRow& row = desk.session->settled[0].usage;
    EXPECT_EQ(row.usage.input_tokens + row.usage.output_tokens, 202);
    EXPECT_EQ(row.usage.source, UsageSource::estimate);
}

// The ledger may be far away: what happens between question and answer must not ask again.
class InLine : public testing::Test {
  protected:
    InLine() : desk("[[limits]]\nname = \"l\"\nconcurrent = 1\non_limit = \"queue:10s\"\n") {
        desk.ask();
        desk.session->answer({.answer = ledger::HoldAnswer::refused});  // it stands in line now
        desk.books.queues.wake_first(k_line);
        run_until(2);
    }

    // The loop until so many questions were asked in all.
    void run_until(std::size_t holds) {
        while (desk.session->holds.size() < holds) desk.loop.run_one();
    }

    static constexpr const char* k_line = "l/concurrent\n";
    Desk desk;
};

TEST_F(InLine, ATurnThatComesWhileTheLedgerIsAskedIsTakenAfterItsAnswer) {
    desk.books.queues.wake_first(k_line);
    desk.loop.poll();
    ASSERT_EQ(desk.session->holds.size(), 2U);
    desk.session->answer({.answer = ledger::HoldAnswer::refused});
    run_until(3);
    desk.session->answer({});
    ASSERT_TRUE(desk.told && *desk.told);
    EXPECT_TRUE(desk.session->settled.empty());
}

TEST_F(InLine, ACallThatLeavesWhileTheLedgerIsAskedGivesItsHoldBack) {
    desk.admission.reset();
    desk.session->answer({});
    ASSERT_EQ(desk.session->settled.size(), 1U);
    EXPECT_EQ(desk.session->settled[0].id, desk.session->holds[1].id);
    EXPECT_FALSE(desk.session->settled[0].recorded);
}

// ---- upstreams that have no room ----------------------------------------------------------------

void refuse_for(Desk& desk, const route::Candidate& candidate, std::chrono::milliseconds time) {
    UpstreamLimits::CountedTrip(desk.upstreams.limits, candidate, 100).refused(time);
}

TEST(Admission, WaitsForWhomItMayWaitForAndNotOnlyForTheSoonest) {
    Desk desk(k_budget);
    const auto candidates = desk.both();
    refuse_for(desk, candidates[0], std::chrono::seconds(1));
    refuse_for(desk, candidates[1], std::chrono::seconds(2));
    desk.config.providers[0].queue_wait = {};
    desk.ask();
    EXPECT_FALSE(desk.told) << "b lets it wait";
    desk.config.providers[1].queue_wait = {};
    desk.ask();
    ASSERT_TRUE(desk.told && !*desk.told);
    EXPECT_EQ(desk.told->error().kind, ErrorKind::rate);
}

// It waits for a, which is well. When its time is over, b has room all the same.
TEST(Admission, GoesToATargetThatIsOutOfServiceRatherThanBeRefusedAfterItsWait) {
    Desk desk(k_budget);
    auto candidates = desk.both();
    candidates[1].id = 1;
    for (int i = 0; i < 5; ++i) {
        desk.upstreams.targets.began(1);
        desk.upstreams.targets.ended(1, route::TryEnd::failed, Clock::now(), Clock::now());
    }
    desk.config.providers[0].queue_wait = std::chrono::milliseconds(60);
    refuse_for(desk, candidates[0], std::chrono::milliseconds(30));
    desk.call = Desk::call_of();
    Admission admission(desk.books, desk.engine, desk.call,
                        {.route = "m",
                         .model = "m",
                         .candidates = candidates,
                         .config = &desk.config.routes.front()});
    admission.ask([&](Result<void> result) { desk.told = std::move(result); });
    EXPECT_FALSE(desk.session->pending) << "it waits";
    refuse_for(desk, candidates[0], std::chrono::seconds(10));
    const auto begin = Clock::now();
    while (!desk.session->pending && Clock::now() - begin < std::chrono::seconds(4)) {
        desk.loop.run_one_for(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(desk.session->pending) << "it is refused";
    desk.session->answer({});
    ASSERT_TRUE(desk.told && *desk.told);
    EXPECT_EQ(admission.prospects().front().provider, "b");
    admission.settle({.call = desk.call, .outcome = {.result = {}}});
}

TEST(Admission, NobodyPassesALimitsLineByWayOfAnUpstreams) {
    Desk desk("[[limits]]\nname = \"fair\"\nrequests = \"1/min\"\non_limit = \"queue:10s\"\n");
    desk.ask();
    desk.session->answer({.answer = ledger::HoldAnswer::refused, .refused_by = 0});
    ASSERT_EQ(desk.books.queues.length("fair/requests\n"), 1U);
    const auto candidates = desk.both();
    for (const auto& candidate : candidates) refuse_for(desk, candidate, std::chrono::seconds(5));
    const Call call = Desk::call_of();
    Admission newcomer(desk.books, desk.engine, call,
                       {.route = "m", .model = "m", .candidates = candidates});
    newcomer.ask([](const Result<void>&) { ADD_FAILURE() << "told at once"; });
    EXPECT_EQ(desk.books.queues.length("fair/requests\n"), 2U);
}

}  // namespace
}  // namespace bellwether::policy
