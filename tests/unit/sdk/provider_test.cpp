// The C++ layer over the ABI: what a provider class becomes, and that nothing it throws gets out.
#include <gtest/gtest.h>

#include <bellwether/provider.hpp>
#include <bellwether/testing/fake_host.hpp>
#include <new>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace bw::testing;

int alive = 0;  // providers and calls that exist

struct Counted {
    Counted() { ++alive; }
    Counted(const Counted&) = delete;
    ~Counted() { --alive; }
};

// The least that a reply can be.
std::string reply_of(const std::string& text) {
    return "{\"choices\":[" + bw::json::quote(text) + "]}";
}

void misbehave(std::string_view how) {
    if (how == "error") {
        throw bw::Error(BW_E_RATE, "slow").code("c").param("p").http_status(429).retry_after(20s);
    }
    if (how == "ok") throw bw::Error(BW_OK, "not an error");
    if (how == "complete") throw bw::Error(BW_COMPLETE, "not an error");
    if (how == "memory") throw std::bad_alloc();
    if (how == "standard") throw std::runtime_error("oops");
    if (how == "other") throw 7;
    if (how == "long") {
        throw bw::Error(BW_E_INVALID, std::string(100'000, 'x')).code(std::string(999, 'c'));
    }
}

// Misbehaves where its config says, as it says.
struct Probe : Counted {
    explicit Probe(const bw::Setup& setup)
        : where(setup.option("where").string()), how(setup.option("how").string()) {
        setup.log(bw::LogLevel::warn, "made " + setup.name() + " at " + setup.base_url());
        at("create");
    }
    void at(std::string_view place) const {
        if (where == place) misbehave(how);
    }
    struct Call : Counted {
        Call(Probe& provider, const bw::Request& request, bw::Attempt attempt)
            : probe(provider), attempt(attempt) {
            attempt.send(bw::Send("POST", "https://x.test/a")
                             .frame(bw::Frame::line)
                             .header("X-A", "b")
                             .auth("api_key")
                             .body("[")
                             .body(request.body())
                             .body("]"));
            probe.at("open");
        }
        void head(const bw::Head& head) {
            status = std::to_string(head.status()) + std::string(head.header("x-b"));
            probe.at("head");
        }
        void data(const bw::Frame& frame) {
            probe.at("data");
            lines += std::string(frame.data()) + ";";
        }
        void end() {
            probe.at("end");
            bw::Usage usage;
            usage.output = 3;
            attempt.usage(usage);
            attempt.emit_reply(reply_of(status + lines));
        }
        Probe& probe;
        bw::Attempt attempt;
        std::string status;
        std::string lines;
    };
    std::string where;
    std::string how;
};

// The least that a provider can be.
struct Least {
    explicit Least(const bw::Setup&) {}
    struct Call : bw::NoHead, bw::NoEnd {
        Call(Least&, const bw::Request&, bw::Attempt attempt) : attempt(attempt) {
            attempt.send(bw::Send("GET", "https://x.test/"));
        }
        void data(const bw::Frame& frame) { attempt.emit_reply(frame.data()); }
        bw::Attempt attempt;
    };
};

// One that answers by itself, in three steps.
struct Steps {
    explicit Steps(const bw::Setup&) {}
    struct Call {
        Call(Steps&, const bw::Request&, bw::Attempt attempt) : attempt(attempt) {
            attempt.generate();
        }
        bw::Step step() {
            if (++count < 3) return bw::Step::after(count * 10ms);
            attempt.emit_reply(reply_of("steps"));
            return bw::Step::complete();
        }
        bw::Attempt attempt;
        int count = 0;
    };
};

std::string config(const std::string& where, const std::string& how) {
    return R"({"name":"probe","base_url":"https://x.test","where":")" + where + R"(","how":")" +
           how + "\"}";
}

class Provider : public ::testing::Test {
  protected:
    Provider() { host.secrets = {"api_key"}; }
    void TearDown() override {
        EXPECT_EQ(alive, 0);
        for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << rule;
    }
    // What came of it, wherever it went wrong.
    Result run(const std::string& where, const std::string& how) {
        Instance instance(host, table, config(where, how));
        if (instance.error()) {
            Result result;
            result.error = instance.error();
            return result;
        }
        return instance.call({}, {200, {{"x-b", "!"}}, "one\ntwo\r\n\nthree"});
    }
    FakeHost host;
    const bw_plugin* table = bw::plugin_table<Probe>("test.probe", "1.2.3", "{}");
};

TEST_F(Provider, IsCalledInOrderWithWhatTheHostHas) {
    const Result result = run("", "");
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result.reply(), reply_of("200!one;two;three;"));
    EXPECT_EQ(result.sent.method, "POST");
    EXPECT_EQ(result.sent.header("x-a"), "b");
    EXPECT_EQ(result.sent.auth, (std::vector<std::string>{"api_key"}));
    EXPECT_EQ(result.sent.body, "[" + Asked().body + "]");
    EXPECT_EQ(result.usage.value().output_tokens, 3);
    EXPECT_EQ(result.usage.value().input_tokens, -1);
    ASSERT_EQ(host.logs.size(), 1u);
    EXPECT_EQ(host.logs[0].second, "made probe at https://x.test");
    EXPECT_EQ(host.logs[0].first, BW_LOG_WARN);
}

TEST_F(Provider, TableIsMadeOnceAndComplete) {
    EXPECT_EQ(table, bw::plugin_table<Probe>("test.probe", "1.2.3", "{}"));
    EXPECT_EQ(table->size, sizeof(bw_plugin));
    EXPECT_EQ(table->abi_minor, BW_ABI_MINOR);
    EXPECT_STREQ(table->id, "test.probe");
    EXPECT_STREQ(table->version, "1.2.3");
    EXPECT_EQ(table->extension(BW_EXT_ENGINE), nullptr);
    EXPECT_EQ(table->extension("bw.unknown/9"), nullptr);
    const bw_plugin* const other = bw::plugin_table<Steps>("test.steps", "1", "{}");
    EXPECT_NE(other->extension(BW_EXT_ENGINE), nullptr);
    EXPECT_EQ(other->extension("bw.unknown/9"), nullptr);
}

TEST_F(Provider, LetsNothingOutFromAnywhere) {
    for (const std::string where : {"create", "open", "head", "data", "end"}) {
        const std::string function = where == "create" ? where : "call_" + where;
        Result result = run(where, "error");
        ASSERT_TRUE(result.error) << where;
        EXPECT_EQ(result.error->where, function);
        EXPECT_EQ(result.error->status, BW_E_RATE);
        EXPECT_EQ(result.error->message, "slow");
        EXPECT_EQ(result.error->code, "c");
        EXPECT_EQ(result.error->param, "p");
        EXPECT_EQ(result.error->http_status, 429u);
        EXPECT_EQ(result.error->retry_after_ms, 20'000);
        for (const auto& [how, what] :
             {std::pair("standard", "oops"),
              std::pair("other", "something that is not a std::exception")}) {
            result = run(where, how);
            ASSERT_TRUE(result.error) << where << how;
            EXPECT_EQ(result.error->status, BW_E_INTERNAL);
            EXPECT_EQ(result.error->message, "a bug in the plugin: " + function + " threw " + what);
        }
        result = run(where, "memory");  // no bug, as the code tells the host
        ASSERT_TRUE(result.error) << where;
        EXPECT_EQ(result.error->status, BW_E_INTERNAL);
        EXPECT_EQ(result.error->code, "out_of_memory");
        EXPECT_EQ(run(where, "ok").status(), BW_E_INTERNAL);
        EXPECT_EQ(run(where, "complete").status(), BW_E_INTERNAL);
    }
}

TEST_F(Provider, TellsTextOfAnyLength) {
    const Result result = run("end", "long");
    EXPECT_EQ(result.error.value().message, std::string(100'000, 'x'));
    EXPECT_EQ(result.error.value().code, std::string(999, 'c'));
}

TEST_F(Provider, NeedsOnlyData) {
    Instance least(host, bw::plugin_table<Least>("test.least", "1", "{}"),
                   R"({"base_url":"https://x.test"})");
    EXPECT_EQ(least.call({}, {200, {}, reply_of("x")}).reply(), reply_of("x"));
}

// Has enough at the line "enough".
struct Sated {
    explicit Sated(const bw::Setup&) {}
    struct Call : bw::NoHead {
        Call(Sated&, const bw::Request&, bw::Attempt attempt) : attempt(attempt) {
            attempt.send(bw::Send("GET", "https://x.test/").frame(bw::Frame::line));
        }
        bw::Progress data(const bw::Frame& frame) {
            lines += frame.data();
            return frame.data() == "enough" ? bw::Progress::complete : bw::Progress::more;
        }
        void end() { attempt.emit_reply(reply_of(lines)); }
        bw::Attempt attempt;
        std::string lines;
    };
};

TEST_F(Provider, MaySayThatTheReplyIsComplete) {
    Instance sated(host, bw::plugin_table<Sated>("test.sated", "1", "{}"),
                   R"({"base_url":"https://x.test"})");
    Result result = sated.call({}, {200, {}, "a\nenough\nmore\n"});
    EXPECT_TRUE(result.completed);
    EXPECT_EQ(result.reply(), reply_of("aenough"));
    result = sated.call({}, {200, {}, "a\nmore\n"}, 1);
    EXPECT_FALSE(result.completed);
    EXPECT_EQ(result.reply(), reply_of("amore"));
}

TEST_F(Provider, MayAnswerByItself) {
    Instance steps(host, bw::plugin_table<Steps>("test.steps", "1", "{}"), "{}");
    const Result result = steps.call({});
    EXPECT_EQ(result.waits, (std::vector<std::int64_t>{10, 20, -1}));
    EXPECT_EQ(result.reply(), reply_of("steps"));
    host.has_engine = false;
    Instance without(host, bw::plugin_table<Steps>("test.steps", "1", "{}"), "{}");
    EXPECT_EQ(without.call({}).status(), BW_E_UNSUPPORTED);
}

TEST_F(Provider, FakeHostSeesBrokenRules) {
    struct Bad {
        explicit Bad(const bw::Setup&) {}
        struct Call : bw::NoHead, bw::NoEnd {
            Call(Bad&, const bw::Request&, bw::Attempt attempt) {
                attempt.send(bw::Send("GET", "https://elsewhere.test/").auth("nothing"));
            }
            void data(const bw::Frame&) {}
        };
    };
    Instance bad(host, bw::plugin_table<Bad>("test.bad", "1", "{}"),
                 R"({"base_url":"https://x.test"})");
    EXPECT_EQ(bad.call({}, {200, {}, ""}).status(), BW_E_INTERNAL);
    EXPECT_EQ(host.misbehaviours,
              (std::vector<std::string>{"send to an origin that the provider may not talk to",
                                        "send with a credential that was not given"}));
    host.misbehaviours.clear();
}

// Asks until its upstream says that it is done.
struct Polling {
    explicit Polling(const bw::Setup&) {}
    struct Call : bw::NoHead {
        Call(Polling&, const bw::Request&, bw::Attempt attempt) : attempt(attempt) {
            attempt.send(bw::Send("POST", "https://x.test/tasks"));
        }
        void data(const bw::Frame& frame) { said = frame.data(); }
        void end() {
            if (said == "done") return attempt.emit_reply(reply_of(said));
            attempt.send(bw::Send("GET", "https://x.test/tasks/1").after(1s));
        }
        bw::Attempt attempt;
        std::string said;
    };
};

TEST_F(Provider, MayAskAgainAfterAWait) {
    Instance polling(host, bw::plugin_table<Polling>("test.polling", "1", "{}"),
                     R"({"base_url":"https://x.test"})");
    const Result result =
        polling.call_in_turn({}, {{200, {}, "task"}, {200, {}, "running"}, {200, {}, "done"}});
    EXPECT_EQ(result.reply(), reply_of("done"));
    ASSERT_EQ(result.sent_later.size(), 2u);
    EXPECT_EQ(result.sent_later[1].url, "https://x.test/tasks/1");
    EXPECT_EQ(result.sent_later[1].wait_ms, 1'000);
}

// What its instances share counts them.
struct Sharing {
    struct Service {
        explicit Service(const bw::Setup& setup) : name(setup.name()) {}
        std::string name;
        int instances = 0;
    };
    Sharing(const bw::Setup&, Service& service) : service(service) { ++service.instances; }
    struct Call {
        Call(Sharing& provider, const bw::Request&, bw::Attempt attempt)
            : provider(provider), attempt(attempt) {
            attempt.generate();
        }
        bw::Step step() {
            attempt.emit_reply(reply_of(provider.service.name));
            return bw::Step::complete();
        }
        Sharing& provider;
        bw::Attempt attempt;
    };
    Service& service;
};

TEST_F(Provider, MayHaveWhatItsInstancesShare) {
    const bw_plugin* const sharing = bw::plugin_table<Sharing>("test.sharing", "1", "{}");
    EXPECT_EQ(bw::plugin_table<Least>("test.least", "1", "{}")->service_open, nullptr);
    Instance instance(host, sharing, R"({"name":"weights"})");
    EXPECT_EQ(instance.call({}).reply(), reply_of("weights"));
}

}  // namespace
