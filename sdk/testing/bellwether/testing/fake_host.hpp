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
// One thread, like a provider instance. Any test framework will do.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <dlfcn.h>

#include <bellwether/json.hpp>
#include <bellwether/testing/call.hpp>
#include <bellwether/testing/framer.hpp>
#include <bellwether/testing/services.hpp>

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
        table_ = reinterpret_cast<decltype(&bw_plugin_v1)>(symbol)(BW_ABI_MINOR);
        if (table_ == nullptr) throw std::runtime_error(path + " refuses this host");
    }
    const bw_plugin* table() const { return table_; }

  private:
    const bw_plugin* table_ = nullptr;
};

// One provider instance: made, called, destroyed.
class Instance {
  public:
    Instance(FakeHost& host, const bw_plugin* table, std::string config)
        : host_(host), table_(table) {
        bw_error error = detail::fresh_error();
        base_url_ = json::Value(config)["base_url"].string();
        const bw_status status =
            table->create(host.api(), host.handle(), detail::to_str(config), &provider_, &error);
        if (status != BW_OK) error_ = detail::read_error(status, "create", error);
        if ((status == BW_OK) != (provider_ != nullptr)) host.misbehaved("create: out and status");
    }
    ~Instance() {
        if (provider_ != nullptr) table_->destroy(provider_);
    }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    // Why create failed; empty if it did not.
    const std::optional<Failed>& error() const { return error_; }

    // One whole call. The response's body arrives `cut` bytes at a time; 0: all at once.
    Result call(const Asked& asked, const Response& response = {}, std::size_t cut = 0) {
        std::vector<std::string_view> parts;
        std::string_view body = response.body;
        while (cut != 0 && body.size() > cut) {
            parts.push_back(body.substr(0, cut));
            body.remove_prefix(cut);
        }
        parts.push_back(body);
        return call_in_parts(asked, response, parts);
    }

    // The same, with the body in the given parts.
    Result call_in_parts(const Asked& asked, const Response& response,
                         const std::vector<std::string_view>& parts) {
        FakeExchange exchange;
        exchange.host = &host_;
        exchange.request_body = asked.body;
        exchange.base_url = base_url_;
        exchange.conduct.stream = asked.stream;
        exchange.has_step = generate_extension() != nullptr;
        bw_call* const call = open(asked, exchange);
        if (call == nullptr) return std::move(exchange.result);
        if (exchange.conduct.generating) {
            generate(call, exchange);
        } else {
            answer(call, exchange, response, parts);
        }
        table_->call_close(call);
        const char* const lacks = rules::check_end(exchange.conduct);
        if (exchange.result.ok() && lacks != nullptr) host_.misbehaved(lacks);
        return std::move(exchange.result);
    }

    // The upstream's models by bw.models/1; BW_E_UNSUPPORTED if the plugin has not got it.
    Result list_models(const Response& response) {
        FakeExchange exchange;
        exchange.host = &host_;
        exchange.base_url = base_url_;
        bw_error error = detail::fresh_error();
        const auto* const extension =
            table_->extension == nullptr
                ? nullptr
                : static_cast<const bw_models_plugin*>(table_->extension(BW_EXT_MODELS));
        if (extension == nullptr) {
            fail(exchange, BW_E_UNSUPPORTED, "extension", error);
            return std::move(exchange.result);
        }
        exchange.asking = true;
        exchange.conduct.phase = rules::Phase::opening;
        bw_status status = extension->ask(provider_, handle(exchange), &error);
        exchange.conduct.phase = rules::Phase::waiting;
        exchange.asking = false;
        if (status != BW_OK) {
            fail(exchange, status, "ask", error);
            return std::move(exchange.result);
        }
        if (!exchange.conduct.sent) host_.misbehaved("ask sent nothing");
        const bw_head head = {sizeof(bw_head), response.status, nullptr, 0};
        exchange.may_add = true;
        status = extension->read(provider_, handle(exchange), &head, detail::to_str(response.body),
                                 &error);
        exchange.may_add = false;
        if (status != BW_OK) fail(exchange, status, "read", error);
        return std::move(exchange.result);
    }

  private:
    static bw_exchange* handle(FakeExchange& exchange) {
        return reinterpret_cast<bw_exchange*>(&exchange);
    }

    const bw_generate_plugin* generate_extension() const {
        if (table_->extension == nullptr) return nullptr;
        return static_cast<const bw_generate_plugin*>(table_->extension(BW_EXT_GENERATE));
    }

    void fail(FakeExchange& exchange, bw_status status, const char* where, const bw_error& error) {
        if (status < BW_OK) host_.misbehaved(std::string(where) + " returned what is no error");
        exchange.result.error = detail::read_error(status, where, error);
    }

    bw_call* open(const Asked& asked, FakeExchange& exchange) {
        bw_request request = {};
        request.size = sizeof request;
        request.operation = asked.operation;
        request.flags = asked.stream ? BW_REQUEST_STREAM : 0;
        request.attempt = asked.attempt;
        request.deadline_ms = -1;
        request.id = detail::to_str(asked.id);
        request.model = detail::to_str(asked.model);
        request.body = detail::to_str(asked.body);
        bw_error error = detail::fresh_error();
        bw_call* call = nullptr;
        exchange.conduct.phase = rules::Phase::opening;
        const bw_status status =
            table_->call_open(provider_, handle(exchange), &request, &call, &error);
        exchange.conduct.phase = rules::Phase::waiting;
        if (status != BW_OK) {
            fail(exchange, status, "call_open", error);
            return nullptr;
        }
        const char* const lacks = rules::check_opened(exchange.conduct);
        if (lacks != nullptr) host_.misbehaved(lacks);
        return call;
    }

    void answer(bw_call* call, FakeExchange& exchange, const Response& response,
                const std::vector<std::string_view>& parts) {
        std::vector<bw_header> headers;
        for (const auto& [name, value] : response.headers) {
            headers.push_back({detail::to_str(name), detail::to_str(value)});
        }
        const bw_head head = {sizeof(bw_head), response.status, headers.data(), headers.size()};
        bw_error error = detail::fresh_error();
        const auto check = [&](bw_status status, const char* where) {
            if (status == BW_OK) return true;
            fail(exchange, status, where, error);
            return false;
        };
        if (!check(table_->call_head(call, &head, &error), "call_head")) return;
        exchange.conduct.phase = rules::Phase::emitting;
        bool complete = false;
        Framer framer(exchange.result.sent.frame, response.status, [&](const bw_frame& frame) {
            const bw_status status = table_->call_data(call, &frame, &error);
            complete = status == BW_COMPLETE;
            return !complete && check(status, "call_data");
        });
        bool going = true;
        for (const std::string_view part : parts) going = going && framer.feed(part);
        going = going && framer.finish();
        if (going || complete) check(table_->call_end(call, &error), "call_end");
        exchange.result.completed = complete;
        exchange.conduct.phase = rules::Phase::waiting;
    }

    void generate(bw_call* call, FakeExchange& exchange) {
        constexpr std::size_t k_steps_max = 1'000'000;
        const bw_generate_plugin* const extension = generate_extension();
        if (extension == nullptr) return;  // it has been written down
        exchange.conduct.phase = rules::Phase::emitting;
        for (std::size_t i = 0; i < k_steps_max; ++i) {
            bw_error error = detail::fresh_error();
            std::int64_t wait = -2;
            const bw_status status = extension->step(call, &wait, &error);
            if (status != BW_OK) {
                return fail(exchange, status, "step", error);
            }
            exchange.result.waits.push_back(wait);
            if (wait == -1) return;
            if (wait < 0) return host_.misbehaved("step set no wait");
        }
        host_.misbehaved("step never ends");
    }

    FakeHost& host_;
    const bw_plugin* table_;
    bw_provider* provider_ = nullptr;
    std::string base_url_;
    std::optional<Failed> error_;
};

}  // namespace bw::testing
