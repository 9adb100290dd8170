// bellwether/testing/fake_host.hpp - a host for tests: drives a plugin's table through whole calls
// without a network. The upstream is what the test says; its body may be cut at any byte. Every
// rule of <bellwether/provider.h> that the plugin breaks is written down in
// FakeHost::misbehaviours.
//
//   bw::testing::Library library("./shout.so");
//   bw::testing::FakeHost host;
//   host.secrets = {"api_key"};
//   const char* config = R"({"name":"s","base_url":"https://x.test"})";
//   bw::testing::Instance shout(host, library.table(), config);
//   auto result = shout.call({}, {200, {}, "data: {...}\n\n"});
//
// An Instance belongs to one thread, as with the host; several may share a Service, each on a
// thread of its own. What a step of an engine waits for, other than a wake, passes in no time; see
// engine_call.hpp for calls that are stepped by hand. Any test framework will do.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <dlfcn.h>

#include <bellwether/json.hpp>
#include <bellwether/testing/call.hpp>
#include <bellwether/testing/framer.hpp>
#include <bellwether/testing/services.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

// A plugin's file, loaded for the life of the process. Throws std::runtime_error if it does not
// load.
class Library {
  public:
    explicit Library(const std::string& path) {
        void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) throw std::runtime_error(::dlerror());
        void* const symbol = ::dlsym(handle, "bw_plugin_v1");
        if (symbol == nullptr) throw std::runtime_error(path + " exports no bw_plugin_v1");
        table_ = reinterpret_cast<decltype(&bw_plugin_v1)>(symbol)(FakeHost().hello());
        if (table_ == nullptr) throw std::runtime_error(path + " refuses this host");
    }
    const bw_plugin* table() const { return table_; }

  private:
    const bw_plugin* table_ = nullptr;
};

// What the instances of one provider share. A plugin that has no such part has an empty one.
class Service {
  public:
    // `replaced`: the one that this one is to take the place of, still in use.
    Service(FakeHost& host, const bw_plugin* table, std::string config,
            const Service* replaced = nullptr)
        : host_(host), table_(table), config_(with_credentials(host, std::move(config))) {
        if (table->service_open == nullptr) return;
        bw_setup setup = this->setup();
        setup.service = replaced == nullptr ? nullptr : replaced->service_;
        const bw_status status = table->service_open(&setup, &service_);
        if (status != BW_OK) error_ = failed(status, "service_open");
    }
    ~Service() {
        if (service_ != nullptr) table_->service_close(service_);
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Why it could not be made; empty if it could.
    const std::optional<Failed>& error() const { return error_; }
    // Tells it a BW_NOTICE_*.
    void notice(std::uint32_t kind) {
        bw_notice notice = detail::sized<bw_notice>();
        notice.kind = kind;
        if (service_ != nullptr) table_->service_notice(service_, &notice);
    }

  private:
    friend class Instance;

    // As the host does, unless the test has written them itself.
    static std::string with_credentials(const FakeHost& host, std::string config) {
        if (!json::valid(config) || json::Value(config).kind() != json::Kind::object) return config;
        if (json::Value(config)["credentials"]) return config;
        std::string names = "[";
        for (const std::string& name : host.secrets) {
            if (names.size() > 1) names += ',';
            names += json::quote(name);
        }
        return json::with_member(config, "credentials", names + "]");
    }
    bw_setup setup() const {
        bw_setup setup = detail::sized<bw_setup>();
        setup.api = host_.api();
        setup.host = host_.handle();
        setup.service = service_;
        setup.config = detail::to_str(config_);
        return setup;
    }
    Failed failed(bw_status status, const char* where) const {
        auto told = host_.take_told();
        Failed failed = told ? *std::move(told) : Failed{};
        failed.status = status;
        failed.where = where;
        if (status < BW_OK) host_.misbehaved(std::string(where) + " returned what is no error");
        return failed;
    }

    FakeHost& host_;
    const bw_plugin* table_;
    std::string config_;
    bw_service* service_ = nullptr;
    std::optional<Failed> error_;
};

// One provider instance: made, called, destroyed; with a service of its own unless one is given.
class Instance {
  public:
    Instance(FakeHost& host, const bw_plugin* table, std::string config)
        : own_(std::in_place, host, table, std::move(config)), service_(*own_) {
        create();
    }
    // The service must outlive it.
    explicit Instance(Service& service) : service_(service) { create(); }
    ~Instance() {
        if (provider_ != nullptr) table_->destroy(provider_);
    }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    // Why the service or the instance could not be made; empty if they could.
    const std::optional<Failed>& error() const { return error_; }

    // One whole call. The response's body arrives `cut` bytes at a time; 0: all at once.
    Result call(const Asked& asked, const Response& response = {}, std::size_t cut = 0) {
        return call_in_turn(asked, {response}, cut);
    }
    // The same, of a plugin that asks more than once: with a response for each of its exchanges.
    Result call_in_turn(const Asked& asked, const std::vector<Response>& responses,
                        std::size_t cut = 0) {
        std::vector<Exchange> exchanges;
        for (const Response& response : responses) {
            Exchange exchange{&response, {}};
            std::string_view body = response.body;
            while (cut != 0 && body.size() > cut) {
                exchange.parts.push_back(body.substr(0, cut));
                body.remove_prefix(cut);
            }
            exchange.parts.push_back(body);
            exchanges.push_back(std::move(exchange));
        }
        return run(asked, exchanges);
    }
    // The same, with the body in the given parts.
    Result call_in_parts(const Asked& asked, const Response& response,
                         const std::vector<std::string_view>& parts) {
        return run(asked, {{&response, parts}});
    }
    // The upstream's models by bw.models/1.
    Result list_models(const Response& response) {
        Asked asked;
        asked.operation = BW_OP_MODELS;
        asked.model.clear();
        asked.body = "{}";
        return call(asked, response);
    }
    // What the plugin says that the request can come to at most, by bw.estimate/1; nothing if it
    // has not got that.
    Estimated estimate(const Asked& asked) {
        FakeEstimate out{&host_, {}};
        const auto* const side = extension<bw_estimate_plugin>(BW_EXT_ESTIMATE);
        if (side == nullptr) return std::move(out.told);
        std::vector<bw_header> headers;
        const bw_request request = request_of(asked, headers);
        const bw_status status =
            side->estimate(provider_, &request, reinterpret_cast<bw_estimate*>(&out));
        auto told = host_.take_told();
        if (status < BW_OK) host_.misbehaved("estimate returned what is no error");
        if (status == BW_OK || status == BW_E_UNSUPPORTED) return std::move(out.told);
        out.told.error = told ? *std::move(told) : Failed{};
        out.told.error->status = status;
        out.told.error->where = "estimate";
        return std::move(out.told);
    }

  private:
    friend class EngineCall;
    using milliseconds = std::chrono::milliseconds;
    static constexpr milliseconds k_patience{60'000};

    struct Exchange {
        const Response* response;
        std::vector<std::string_view> parts;
    };

    void create() {
        base_url_ = json::Value(service_.config_)["base_url"].string();
        if ((error_ = service_.error())) return;
        const bw_setup setup = service_.setup();
        const bw_status status = table_->create(&setup, &provider_);
        if (status != BW_OK) error_ = service_.failed(status, "create");
        if ((status == BW_OK) != (provider_ != nullptr)) host_.misbehaved("create: out and status");
    }

    static bw_attempt* handle(FakeAttempt& attempt) {
        return reinterpret_cast<bw_attempt*>(&attempt);
    }
    template <typename T>
    const T* extension(const char* id) const {
        return table_->extension == nullptr ? nullptr
                                            : static_cast<const T*>(table_->extension(id));
    }
    const bw_engine_plugin* engine() const { return extension<bw_engine_plugin>(BW_EXT_ENGINE); }

    // `headers` is what the request points to.
    static bw_request request_of(const Asked& asked, std::vector<bw_header>& headers) {
        bw_request request = detail::sized<bw_request>();
        request.operation = asked.operation;
        if (asked.stream) request.flags |= BW_REQUEST_STREAM;
        request.attempt = asked.attempt;
        request.deadline_ms = asked.deadline_ms;
        request.id = detail::to_str(asked.id);
        request.model = detail::to_str(asked.model);
        request.body = detail::to_str(asked.body);
        for (const auto& [name, value] : asked.headers) {
            headers.push_back({detail::to_str(name), detail::to_str(value)});
        }
        request.headers = headers.data();
        request.header_count = headers.size();
        return request;
    }

    // Whether the function of the plugin that has just returned went well; if not, the result says
    // why.
    bool went_well(FakeAttempt& attempt, bw_status status, const char* where) {
        attempt.conduct.phase = rules::Phase::waiting;
        auto refused = std::exchange(attempt.refused, {});
        auto told = std::exchange(attempt.told, {});
        if (status == BW_OK || status == BW_COMPLETE) {
            if (!refused) return true;
            told = std::move(refused);
            status = told->status;
        }
        if (status < BW_OK) host_.misbehaved(std::string(where) + " returned what is no error");
        attempt.result.error = told ? *std::move(told) : Failed{};
        attempt.result.error->status = status;
        attempt.result.error->where = where;
        return false;
    }

    Result run(const Asked& asked, const std::vector<Exchange>& exchanges) {
        FakeAttempt attempt;
        bw_call* call = nullptr;
        bool complete = false;
        if (!open(asked, attempt, &call, complete)) return std::move(attempt.result);
        if (attempt.conduct.engine) {
            generate(call, attempt);
        } else if (!complete) {
            for (const Exchange& exchange : exchanges) {
                if (!answer(call, attempt, exchange)) break;
            }
        }
        close(call, attempt, attempt.result.ok() ? BW_CLOSE_DONE : BW_CLOSE_FAILED);
        const rules::Verdict lacks = rules::check_end(attempt.conduct);
        if (attempt.result.ok() && !lacks.ok()) host_.misbehaved(lacks.why);
        return std::move(attempt.result);
    }

    void close(bw_call* call, FakeAttempt& attempt, std::uint32_t reason) {
        host_.due().end(attempt.ticket);
        attempt.conduct.phase = rules::Phase::closing;
        bw_close close = detail::sized<bw_close>();
        close.reason = reason;
        table_->call_close(call, &close);
    }

    bool open(const Asked& asked, FakeAttempt& attempt, bw_call** call, bool& complete) {
        attempt.host = &host_;
        attempt.request_body = asked.body;
        attempt.base_url = base_url_;
        attempt.conduct.stream = asked.stream;
        attempt.conduct.operation = asked.operation;
        attempt.has_step = engine() != nullptr;
        std::vector<bw_header> headers;
        const bw_request request = request_of(asked, headers);
        attempt.conduct.phase = rules::Phase::opening;
        const bw_status status = table_->call_open(provider_, handle(attempt), &request, call);
        complete = status == BW_COMPLETE;
        const rules::Verdict opened =
            rules::check_opened(attempt.conduct, complete, *call != nullptr);
        if ((status == BW_OK || complete) && !opened.ok()) host_.misbehaved(opened.why);
        if (attempt.asked) attempt.result.sent = *attempt.asked;
        if (went_well(attempt, status, "call_open")) return true;
        host_.due().end(attempt.ticket);
        if (status != BW_OK && !complete) return false;
        close(*call, attempt, BW_CLOSE_FAILED);  // it returned well all the same
        return false;
    }

    // One exchange. True: the plugin has asked for another one.
    bool answer(bw_call* call, FakeAttempt& attempt, const Exchange& exchange) {
        const Response& response = *exchange.response;
        std::vector<bw_header> headers;
        for (const auto& [name, value] : response.headers) {
            headers.push_back({detail::to_str(name), detail::to_str(value)});
        }
        bw_head head = detail::sized<bw_head>();
        head.http_status = response.status;
        head.exchange = static_cast<std::uint32_t>(attempt.result.sent_later.size());
        head.headers = headers.data();
        head.header_count = headers.size();
        attempt.frame = attempt.asked->frame;
        attempt.frame_chosen = false;
        attempt.conduct.phase = rules::Phase::heading;
        if (!went_well(attempt, table_->call_head(call, &head), "call_head")) return false;
        bool complete = false;
        Framer framer(attempt.frame, response.status, attempt.frame_chosen,
                      [&](const bw_frame& frame) {
                          attempt.conduct.phase = rules::Phase::receiving;
                          const bw_status status = table_->call_data(call, &frame);
                          complete = status == BW_COMPLETE;
                          return went_well(attempt, status, "call_data") && !complete;
                      });
        bool going = true;
        for (const std::string_view part : exchange.parts) going = going && framer.feed(part);
        going = going && framer.finish();
        attempt.result.completed = complete;
        if (!framer.problem().empty()) cannot_be_cut(attempt, framer.problem());
        if (!going && !complete) return false;
        attempt.asked.reset();
        attempt.conduct.sent = false;
        attempt.conduct.phase = rules::Phase::ending;
        bw_end end = detail::sized<bw_end>();
        end.exchange = head.exchange;
        if (!went_well(attempt, table_->call_end(call, &end), "call_end")) return false;
        if (attempt.asked) attempt.result.sent_later.push_back(*attempt.asked);
        return attempt.asked.has_value();
    }

    // The plugin is not asked: the answer made no sense.
    static void cannot_be_cut(FakeAttempt& attempt, const std::string& problem) {
        Failed& failed = attempt.result.error.emplace();
        failed.status = BW_E_PROTOCOL;
        failed.where = "framing";
        failed.message = problem;
    }

    // The first step is due at once. A wait that a step asks for passes in no time.
    void generate(bw_call* call, FakeAttempt& attempt) {
        constexpr std::size_t k_steps_max = 1'000'000;
        for (std::size_t i = 0; i < k_steps_max; ++i) {
            const bool waits = i > 0 && attempt.result.waits.back() > 0;
            const bool due = host_.due().take(attempt.ticket, waits ? milliseconds(0) : k_patience);
            if (!due && !waits) return host_.misbehaved("a call waits for a wake that never comes");
            if (!step(call, attempt)) return;
        }
        host_.misbehaved("step never ends");
    }
    // False: it was the last.
    bool step(bw_call* call, FakeAttempt& attempt) {
        attempt.conduct.phase = rules::Phase::stepping;
        bw_step next = detail::sized<bw_step>();
        const bw_status status = engine()->step(call, &next);
        if (!went_well(attempt, status, "step")) return false;
        attempt.result.waits.push_back(status == BW_COMPLETE ? -1 : next.wait_ms);
        return status != BW_COMPLETE;
    }

    std::optional<Service> own_;
    Service& service_;
    FakeHost& host_ = service_.host_;
    const bw_plugin* const table_ = service_.table_;
    bw_provider* provider_ = nullptr;
    std::string base_url_;
    std::optional<Failed> error_;
};

}  // namespace bw::testing
