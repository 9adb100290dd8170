// What crossing the plugin ABI costs, in one process and without a network: bench_abi PLUGINS [MS].
// The attempt of the host drives real plugins, and this program plays the upstream. All cases take
// turns for so long, MS milliseconds each in 15 rounds, and each figure is the median of its
// rounds.
//   calls       the ABI's calls of a plain call through minimal_c, both ways; of the host only how
//               it reads what it is given
//   plain       the whole attempt of the host for the same call
//   relayed     a chunk of OpenAI's dialect, through openai
//   translated  a chunk of the same words, through anthropic
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "json/request.hpp"
#include "net/transport.hpp"
#include "plugin/attempt.hpp"
#include "plugin/sinks.hpp"

namespace bench {
namespace {

using namespace bellwether;
using Clock = std::chrono::steady_clock;

// An upstream that says what it is told, at once.
class Upstream final : public net::Transport, public net::Sending {
  public:
    [[nodiscard]] net::Exchange start(net::Request, net::Events& events) override {
        events_ = &events;
        return net::Exchange(std::shared_ptr<net::Sending>(std::shared_ptr<void>(), this));
    }
    bool sent() const override { return true; }
    void cancel() override { events_ = nullptr; }
    void pause() override {}
    void resume() override {}

    void head(std::string_view type) {
        const std::array<net::Header, 2> headers{{{"content-type", type}, {"date", "today"}}};
        events_->on_head(200, headers);
    }
    void says(std::string_view bytes) { events_->on_data(bytes); }
    void ends() { events_->on_end(std::nullopt); }

  private:
    net::Events* events_ = nullptr;
};

// Looks at nothing.
class Client final : public plugin::AttemptEvents {
  public:
    void on_head(std::span<const net::Header>) override {}
    void on_limits(const SaidLimits&) override {}
    void on_piece(plugin::Piece, std::string_view data) override { bytes += data.size(); }
    void on_end(Result<void> result) override {
        if (result) return;
        fmt::print(stderr, "a call failed: {}\n", result.error().for_operator());
        std::exit(1);
    }
    std::size_t bytes = 0;
};

// Takes what a plugin says, and does nothing with it.
class NoSinks final : public plugin::Sinks {
  public:
    bw_status fail(const bw_error& error) override { return error.status; }
    void log(LogLevel, std::string_view) override {}
    bw_status send(const bw_send&) override { return BW_OK; }
    bw_status frame(std::uint32_t) override { return BW_OK; }
    bw_status emit(const bw_emit&) override { return BW_OK; }
    bw_status reply_header(const bw_header&) override { return BW_OK; }
    bw_status usage(const bw_usage&) override { return BW_OK; }
    bw_status limits(const bw_limits&) override { return BW_OK; }
    bw_status attribute(const bw_attribute&) override { return BW_OK; }
    bw_ticket begin_engine() override { return 0; }
    bw_status add_model(const bw_model&) override { return BW_OK; }
    bw_status out_of_memory() override { return BW_E_INTERNAL; }
};

class Case {
  public:
    Case(const std::string& folder, const std::string& plugin, bool stream, std::string type)
        : type_(std::move(type)) {
        const auto loaded = config::parse(
            fmt::format("[providers.p]\nplugin = \"{}\"\nbase_url = \"https://p.test/v1\"\n"
                        "api_key = \"env:BENCH_KEY\"\n",
                        plugin),
            "c.toml");
        std::vector<config::Diagnostic> diagnostics;
        const auto registry = plugin::load(loaded.config, {folder}, diagnostics);
        for (const auto& one : diagnostics) fmt::print(stderr, "{}\n", one.what);
        auto made = plugin::Instance::create(registry.providers.at(0));
        if (!made) throw std::runtime_error(made.error().message);
        instance_ = *made;
        call_.body = fmt::format(
            R"({{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"{}"}}]{}}})",
            std::string(900, 'w'), stream ? R"(,"stream":true)" : "");
        if (!json::read_request(call_)) throw std::runtime_error("no request");
    }

    // One call, whose body comes in these parts.
    void run(const std::vector<std::string>& parts) {
        Client client;
        const plugin::Order order{.call = &call_, .model = "m", .body = call_.body};
        plugin::Attempt attempt(instance_, order, client);
        if (!attempt.start(upstream_, desk_, loop_)) throw std::runtime_error("no start");
        upstream_.head(type_);
        for (const std::string& part : parts) upstream_.says(part);
        upstream_.ends();
    }

    // The calls of such a call alone.
    void cross(const std::string& body) {
        NoSinks sinks;
        bw_attempt attempt{&sinks};
        bw_request request{};
        request.size = sizeof request;
        request.operation = BW_OP_CHAT;
        request.id = plugin::str("id");
        request.model = plugin::str("m");
        request.body = plugin::str(call_.body);
        const std::array<bw_header, 2> fields{{{plugin::str("content-type"), plugin::str(type_)},
                                               {plugin::str("date"), plugin::str("today")}}};
        bw_head head{};
        head.size = sizeof head;
        head.http_status = 200;
        head.headers = fields.data();
        head.header_count = fields.size();
        bw_frame frame{};
        frame.size = sizeof frame;
        frame.data = plugin::str(body);
        bw_end end{};
        end.size = sizeof end;
        bw_close close{};
        close.size = sizeof close;
        close.reason = BW_CLOSE_DONE;
        const bw_plugin& table = instance_->table();
        bw_call* call = nullptr;
        bool good = table.call_open(instance_->handle(), &attempt, &request, &call) == BW_OK;
        good = good && table.call_head(call, &head) == BW_OK;
        good = good && table.call_data(call, &frame) <= BW_OK;
        good = good && table.call_end(call, &end) == BW_OK;
        if (!good) throw std::runtime_error("a call failed");
        table.call_close(call, &close);
    }

  private:
    const std::string type_;
    std::shared_ptr<plugin::Instance> instance_;
    Call call_;
    boost::asio::io_context loop_;
    Upstream upstream_;
    credentials::TokenDesk desk_{loop_, upstream_};
};

double median(std::vector<double> values) {
    std::ranges::nth_element(values,
                             values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

// Nanoseconds for each run of `work`, measured for so long.
double measure(const std::function<void()>& work, std::chrono::milliseconds time) {
    const auto begun = Clock::now();
    std::size_t runs = 0;
    while (Clock::now() - begun < time) {
        for (int i = 0; i < 16; ++i) work();
        runs += 16;
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - begun).count() /
           static_cast<double>(runs);
}

constexpr std::size_t k_chunks = 200;
constexpr std::string_view k_words = "the bell on the ram at the front";

// With the beginning and the end of its dialect, and so many pieces of text between.
std::vector<std::string> stream_of(const std::string& first, const std::string& piece,
                                   const std::string& last, std::size_t chunks) {
    std::vector<std::string> parts{first};
    parts.insert(parts.end(), chunks, piece);
    parts.push_back(last);
    return parts;
}

std::string event(const std::string& name, const std::string& json) {
    return (name.empty() ? "" : "event: " + name + "\n") + "data: " + json + "\n\n";
}

std::vector<std::string> openai_stream(std::size_t chunks) {
    const std::string head = R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,)"
                             R"("model":"m","choices":[{"index":0,"delta":)";
    return stream_of(
        event("", head + R"({"role":"assistant","content":""},"finish_reason":null}]})"),
        event("", head + fmt::format(R"({{"content":"{}"}},"finish_reason":null}}]}})", k_words)),
        event("", head + R"({},"finish_reason":"stop"}]})") + "data: [DONE]\n\n", chunks);
}

std::vector<std::string> anthropic_stream(std::size_t chunks) {
    return stream_of(
        event("message_start",
              R"({"type":"message_start","message":{"id":"msg_1","type":"message",)"
              R"("role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,)"
              R"("output_tokens":1}}})") +
            event("content_block_start", R"({"type":"content_block_start","index":0,)"
                                         R"("content_block":{"type":"text","text":""}})"),
        event("content_block_delta", fmt::format(R"({{"type":"content_block_delta","index":0,)"
                                                 R"("delta":{{"type":"text_delta","text":"{}"}}}})",
                                                 k_words)),
        event("content_block_stop", R"({"type":"content_block_stop","index":0})") +
            event("message_delta", R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},)"
                                   R"("usage":{"output_tokens":9}})") +
            event("message_stop", R"({"type":"message_stop"})"),
        chunks);
}

struct Figures {
    double calls, plain, relayed, translated;
};

Figures compare(const std::string& folder, std::chrono::milliseconds time) {
    Case plain(folder, folder + "/test/minimal_c.so", false, "application/json");
    Case openai(folder, "openai", true, "text/event-stream");
    Case anthropic(folder, "anthropic", true, "text/event-stream");
    const std::vector<std::string> reply{
        fmt::format(R"({{"id":"c","choices":[{{"index":0,"message":{{"role":"assistant",)"
                    R"("content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,)"
                    R"("completion_tokens":2,"total_tokens":5}}}})",
                    std::string(900, 'w'))};
    const auto chunk = [&](Case& one, const auto& stream) {
        const auto many = stream(k_chunks);
        const auto none = stream(0);
        const double all = measure([&] { one.run(many); }, time);
        return (all - measure([&] { one.run(none); }, time)) / static_cast<double>(k_chunks);
    };
    constexpr int k_rounds = 15;
    std::vector<double> calls, plains, relayed, translated;
    for (int i = 0; i < k_rounds; ++i) {
        calls.push_back(measure([&] { plain.cross(reply.front()); }, time));
        plains.push_back(measure([&] { plain.run(reply); }, time));
        relayed.push_back(chunk(openai, openai_stream));
        translated.push_back(chunk(anthropic, anthropic_stream));
    }
    return {median(calls), median(plains), median(relayed), median(translated)};
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    if (count < 2) {
        fmt::print(stderr, "usage: bench_abi PLUGINS [MS]\n");
        return 2;
    }
    setenv("BENCH_KEY", "k-0123456789abcdef", 1);
    const std::chrono::milliseconds time(count > 2 ? std::atoi(arguments[2]) : 100);
    const auto figures = bench::compare(arguments[1], time);
    fmt::print("ABI calls of a plain call through minimal_c: {:.0f} ns\n", figures.calls);
    fmt::print("plain call through minimal_c, the host's attempt: {:.0f} ns\n", figures.plain);
    fmt::print("chunk relayed by openai: {:.0f} ns\n", figures.relayed);
    fmt::print("chunk translated by anthropic: {:.0f} ns, {:.2f} of a relayed one\n",
               figures.translated, figures.translated / figures.relayed);
    return 0;
}
