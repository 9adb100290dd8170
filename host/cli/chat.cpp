#include <fmt/format.h>

#include <bellwether/sse.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "cli/cli.hpp"
#include "cli/host_address.hpp"
#include "cli/terminal.hpp"
#include "config/secret.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "net/client.hpp"

namespace bellwether::cli {
namespace {

// Prints one reply as it arrives.
class ReplyPrinter final : public net::Events {
  public:
    ReplyPrinter(boost::asio::io_context& loop, bool stream, bool json)
        : loop_(loop), stream_(stream), json_(json), sse_(k_event_bytes_max) {}

    int exit_code() const { return code_; }

  private:
    static constexpr std::size_t k_event_bytes_max = 16u << 20;

    void on_head(int status, std::span<const net::Header>) override { status_ = status; }

    void on_data(std::string_view bytes) override {
        if (!stream_ || status_ != 200) {
            body_.append(bytes);
            return;
        }
        sse_.feed(bytes, [this](const bw::SseEvent& event) { return print_event(event.data); });
    }

    void on_end(std::optional<net::Failure> failure) override {
        loop_.stop();
        if (failure)
            return fail(failure->for_operator() + "; is the host running? bellwether serve");
        if (!body_.empty()) return print_body();
        if (stream_ && !done_ && code_ == k_ok) fail("the answer was cut");
        if (stream_ && code_ == k_ok && !json_) fmt::print("\n");
    }

    bool print_event(std::string_view data) {
        done_ = data == "[DONE]";
        if (done_) return true;
        const json::Value chunk(data);
        const auto error = chunk["error"];
        if (error) code_ = k_failed;
        if (json_) {
            fmt::print("{}\n", data);
        } else if (error) {
            fail(error["message"].string());
        } else {
            fmt::print("{}", plain(chunk["choices"].at(0)["delta"]["content"].string()));
        }
        std::fflush(stdout);
        return true;
    }

    void print_body() {
        const json::Value reply(body_);
        if (const auto error = reply["error"]; error && !json_) {
            return fail(error["message"].string(body_));
        }
        if (status_ != 200) code_ = k_failed;
        if (json_) return fmt::print("{}\n", body_);
        fmt::print("{}\n", plain(reply["choices"].at(0)["message"]["content"].string()));
    }

    void fail(std::string_view message) {
        code_ = k_failed;
        fmt::print(stderr, "error: {}\n", plain(message));
    }

    boost::asio::io_context& loop_;
    bool stream_;
    bool json_;
    bw::SseParser sse_;
    int status_ = 0;
    bool done_ = false;  // the stream has come to its proper end
    std::string body_;
    int code_ = k_ok;
};

std::string prompt_of(const ChatOptions& options) {
    if (options.prompt.empty()) {
        return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
    }
    std::string prompt;
    for (const auto& word : options.prompt) prompt += (prompt.empty() ? "" : " ") + word;
    return prompt;
}

std::string request_body(const ChatOptions& options) {
    json::Writer writer;
    writer.begin_object().field("model", options.model).field("stream", options.stream);
    writer.key("messages").begin_array().begin_object();
    writer.field("role", "user").field("content", prompt_of(options)).end_object();
    return writer.end_array().end_object().text();
}

// The client key from the environment; empty: none is set. Nothing: the variable holds something
// that cannot be a key, and an error has been printed.
std::optional<std::string> client_key() {
    const char* const set = std::getenv("BELLWETHER_API_KEY");
    if (set == nullptr || *set == '\0') return std::string();
    auto key = config::resolve("env:BELLWETHER_API_KEY");
    if (!key) {
        fmt::print(stderr, "error: {}\n", key.error());
        return std::nullopt;
    }
    const auto fault = config::credential_fault(*key);
    if (!fault || fault->severity == config::Severity::warning) return *std::move(key);
    fmt::print(stderr, "error: the key in BELLWETHER_API_KEY {}; {}\n", fault->what, fault->hint);
    return std::nullopt;
}

}  // namespace

int chat(const Common& common, const ChatOptions& options) {
    const auto url = host_url(common, options.url);
    if (!url) return k_usage;
    const auto key = client_key();
    if (!key) return k_usage;
    boost::asio::io_context loop{1};
    ReplyPrinter printer(loop, options.stream, common.json);
    const std::string body = request_body(options);
    net::Client client(loop);
    std::vector<std::string> headers{"content-type: application/json"};
    if (!key->empty()) headers.push_back(fmt::format("authorization: Bearer {}", *key));
    auto exchange = client.start({.method = "POST",
                                  .url = *url + "/v1/chat/completions",
                                  .headers = std::move(headers),
                                  .body = body},
                                 printer);
    loop.run();
    return printer.exit_code();
}

}  // namespace bellwether::cli
