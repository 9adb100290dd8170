// Where calls go first, through the real admission and over many calls: what the strategies promise
// of shares, of costs and of speed.
#include "policy/admission/target_order.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <ranges>

#include "answered_attempts.hpp"
#include "base/clock.hpp"
#include "route/table.hpp"
#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

// A host with so many providers, p0, p1 and so on, and the route "m" to all of them.
struct Offering {
    Offering(std::size_t providers, const std::string& route, const std::string& rest = "")
        : desk(text_of(providers, route, rest)), table(desk.config) {
        desk.slots.clear();
        for (const auto& provider : desk.config.providers) {
            desk.slots.push_back(Desk::slot(provider.name.c_str()));
        }
        desk.engine.slots = desk.slots;
        desk.books.session.reset();  // nothing is counted
    }

    static std::string text_of(std::size_t providers, const std::string& route,
                               const std::string& rest) {
        std::string text;
        std::string names;
        for (std::size_t i = 0; i < providers; ++i) {
            text += fmt::format("[providers.p{}]\n", i);
            names += fmt::format("{}\"p{}\"", i == 0 ? "" : ", ", i);
        }
        return fmt::format("{}[[routes]]\nmodel = \"m\"\nto = [{}]\n{}{}", text, names, route,
                           rest);
    }

    // Calls the function with the prospects of a call once it is admitted.
    template <typename Function>
    auto admit(const Call& call, Function function) {
        auto match = table.match("m");
        Admission admission(desk.books, desk.engine, call,
                            {.route = "m",
                             .model = "m",
                             .candidates = std::move(match->candidates),
                             .config = match->route,
                             .random = random()});
        bool admitted = false;
        admission.ask([&](const Result<void>& result) { admitted = result.has_value(); });
        EXPECT_TRUE(admitted);
        return function(admission.prospects());
    }
    std::string first_for(const std::string& more, const std::string& messages) {
        return admit(Desk::call_of(more, messages), [](std::span<const Prospect> prospects) {
            return std::string(prospects.front().provider);
        });
    }
    std::string first_for_user(int user) {
        return first_for(fmt::format(R"(,"user":"user-{}")", user), Desk::k_no_messages);
    }
    void take_out(const std::string& provider) {
        for (std::size_t id = 0; id < table.targets().size(); ++id) {
            if (desk.config.providers[table.targets()[id].provider].name != provider) continue;
            const auto now = Clock::now();
            for (int i = 0; i < 5; ++i) {
                desk.upstreams.targets.began(id);
                desk.upstreams.targets.ended(id, route::TryEnd::failed, now, now);
            }
        }
    }

    Desk desk;
    route::Table table;
    std::mt19937_64 random{7};
};

// A chance that fell on a target of the other chain would leave the first of this one too often.
TEST(Chains, EachIsPutInOrderByItself) {
    Offering offering(5, R"(strategy = "weighted"
on_context_length = ["p1", "p2"]
on_content_filter = ["p3", "p4"]
)");
    offering.desk.config.routes[0].to.resize(1);
    const route::Table table(offering.desk.config);
    offering.table = table;
    std::map<std::string, int> firsts;
    constexpr int k_calls = 2'000;
    for (int call = 0; call < k_calls; ++call) {
        offering.admit(Desk::call_of("", Desk::k_no_messages), [&](std::span<const Prospect> all) {
            ASSERT_EQ(all.size(), 5U);
            EXPECT_EQ(all[1].target.chain, all[2].target.chain);
            EXPECT_EQ(all[3].target.chain, all[4].target.chain);
            ++firsts[std::string(all[1].provider)];
            ++firsts[std::string(all[3].provider)];
        });
    }
    for (const char* one : {"p1", "p2", "p3", "p4"}) {
        EXPECT_NEAR(firsts[one], k_calls / 2, k_calls / 20) << one;
    }
}

constexpr const char* k_sticky_by_user = "strategy = \"sticky\"\nsticky_by = \"user\"\n";

// ---- sticky -------------------------------------------------------------------------------------

constexpr int k_users = 2'000;

// Where each user's calls go, and that they go nowhere else.
std::vector<std::string> homes_of(Offering& offering) {
    std::vector<std::string> homes;
    for (int user = 0; user < k_users; ++user) {
        homes.push_back(offering.first_for_user(user));
        EXPECT_EQ(offering.first_for_user(user), homes.back());
    }
    return homes;
}

// Of N targets one is left by all its users and by nobody else, and they spread over the others.
void expect_only_its_share_moves(const std::vector<std::string>& before,
                                 const std::vector<std::string>& after, const std::string& left,
                                 std::size_t targets) {
    std::map<std::string, int> moved_to;
    int moved = 0;
    for (int user = 0; user < k_users; ++user) {
        if (before[user] != left) {
            EXPECT_EQ(after[user], before[user]) << "user " << user;
            continue;
        }
        ++moved;
        ++moved_to[after[user]];
    }
    const double share = 1.0 / static_cast<double>(targets);
    EXPECT_NEAR(moved, k_users * share, k_users * 0.03) << "about one of N";
    EXPECT_EQ(moved_to.size(), targets - 1);
    EXPECT_FALSE(moved_to.contains(left));
}

TEST(StickyCalls, ATargetThatGoesOutOfServiceMovesOnlyItsOwnShare) {
    for (const std::size_t targets : {2U, 3U, 5U, 8U}) {
        Offering offering(targets, k_sticky_by_user);
        const auto before = homes_of(offering);
        offering.take_out("p1");
        expect_only_its_share_moves(before, homes_of(offering), "p1", targets);
    }
}

// The names stay, but not their places in the file.
TEST(StickyCalls, ATargetThatIsTakenOutOfTheConfigMovesOnlyItsOwnShare) {
    Offering five(5, k_sticky_by_user);
    Offering four(4, k_sticky_by_user);
    expect_only_its_share_moves(homes_of(five), homes_of(four), "p4", 5);
}

TEST(StickyCalls, PromptsThatBeginTheSameGoToTheSameTarget) {
    Offering offering(5, "strategy = \"sticky\"\n");
    std::map<std::string, int> firsts;
    for (int prompt = 0; prompt < 200; ++prompt) {
        const std::string begins = fmt::format("prompt {} {}", prompt, std::string(2'000, 'x'));
        const auto first = [&](const char* end) {
            return offering.first_for(
                "",
                fmt::format(R"(,"messages":[{{"role":"user","content":"{} {}"}}])", begins, end));
        };
        ++firsts[first("one end")];
        EXPECT_EQ(first("another end"), first("one end"));
    }
    EXPECT_EQ(firsts.size(), 5U) << "and others elsewhere";
}

// ---- cheapest -----------------------------------------------------------------------------------

// What so many tokens cost at a price for a million of them, rounded up; by other means than the
// host's.
std::int64_t cost(const Estimate& estimate, const config::Price& price) {
    return (estimate.input * price.input + estimate.output * price.output + 999'999) / 1'000'000;
}

// The prices lie so close together that millionths of a dollar decide.
std::string random_prices(std::mt19937_64& random, std::size_t providers) {
    std::string text;
    for (std::size_t i = 0; i < providers; ++i) {
        text += fmt::format(
            "[[prices]]\nprovider = \"p{}\"\nmodel = \"m\"\ninput = \"0.{:06} USD\"\n"
            "output = \"2.{:06} USD\"\n",
            i, 500'000 + random() % 300, 500'000 - random() % 300);
    }
    return text;
}

TEST(CheapestCalls, EachGoesWhereItCostsLeastToTheMillionthOfADollar) {
    std::mt19937_64 random(3);
    std::map<std::string, int> firsts;
    for (int config = 0; config < 20; ++config) {
        Offering offering(4, "strategy = \"cheapest\"\n", random_prices(random, 4));
        for (int i = 0; i < 50; ++i) {
            Call call;
            call.started = Clock::now();
            call.body = fmt::format(
                R"({{"model":"m","max_tokens":{},"messages":[{{"role":"user","content":"{}"}}]}})",
                1 + random() % 30'000, std::string(random() % 60'000, 'x'));
            ASSERT_TRUE(json::read_request(call));
            offering.admit(call, [&](std::span<const Prospect> prospects) {
                std::int64_t before = 0;
                for (const Prospect& one : prospects) {
                    const std::int64_t now = cost(one.estimate, *one.target.price);
                    EXPECT_GT(now, 0);
                    EXPECT_LE(before, now) << one.provider;
                    before = now;
                }
                ++firsts[std::string(prospects.front().provider)];
            });
        }
    }
    EXPECT_EQ(firsts.size(), 4U) << "each is the cheapest for some call";
}

// ---- least_latency ------------------------------------------------------------------------------

class FastestCalls : public AnsweredAttempts {
  protected:
    FastestCalls() {
        targets[1].target.id = 1;
        route.strategies = {config::Strategy::least_latency};
    }
    // So many calls, one after the other; returns how many went to "a" first.
    int calls(int count, std::chrono::milliseconds a, std::chrono::milliseconds b) {
        int at_a = 0;
        for (int i = 0; i < count; ++i) {
            wire.upstreams.clear();
            client.ends.clear();
            TargetOrder(route, call, upstreams, chance()).put(targets);
            begin(false);
            const bool first = targets.front().provider == "a";
            at_a += first;
            pass(first ? a : b);
            replies("hello");
            EXPECT_EQ(client.ends.size(), 1U);
        }
        return at_a;
    }

    config::Route route;
    std::mt19937_64 chance{11};
};

TEST_F(FastestCalls, NineOfTenGoToTheFasterTargetWithin200CallsAndBackWhenThatTurns) {
    for (int turn = 0; turn < 10; ++turn) {
        const int at_a = calls(200, 20ms, 100ms);
        EXPECT_TRUE(turn > 0 || at_a >= 180) << at_a << ", and nothing was known before";
        EXPECT_GE(calls(200, 20ms, 100ms), 180) << "turn " << turn;
        calls(200, 100ms, 20ms);
        EXPECT_LE(calls(200, 100ms, 20ms), 20) << "turn " << turn;
    }
}

}  // namespace
}  // namespace bellwether::policy
