#include "cli/ask_host.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "net/alarm.hpp"
#include "net/client.hpp"

namespace bellwether::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A report of many millions of rows takes its time.
constexpr std::chrono::seconds k_answer_within{120};
constexpr std::size_t k_body_bytes_max = 64u << 20;

class HostReplyReader final : public net::Events {
  public:
    explicit HostReplyReader(boost::asio::io_context& loop) : loop_(loop) {}

    std::expected<HostReply, NoReply> take() {
        if (!no_reply_.problem.empty()) return std::unexpected(std::move(no_reply_));
        return std::move(reply_);
    }

  private:
    void on_head(int status, std::span<const net::Header>) override { reply_.status = status; }
    void on_data(std::string_view bytes) override {
        if (reply_.body.size() + bytes.size() > k_body_bytes_max) {
            no_reply_.problem = "the answer is larger than 64 MiB";
            loop_.stop();
        } else {
            reply_.body.append(bytes);
        }
    }
    void on_end(std::optional<net::Failure> failure) override {
        loop_.stop();
        no_reply_.problem = failure ? failure->for_operator() : "";
        if (!failure) return;
        using enum net::FailureKind;
        const auto kind = failure->kind;
        no_reply_.absent = kind == resolve || kind == connect || kind == connect_timeout;
    }

    boost::asio::io_context& loop_;
    HostReply reply_;
    NoReply no_reply_{.problem = fmt::format("no answer within {} s", k_answer_within.count())};
};

}  // namespace

std::expected<HostReply, NoReply> ask_host(const std::string& method, const std::string& url,
                                           std::string_view body) {
    boost::asio::io_context loop{1};
    HostReplyReader reader(loop);
    net::Client client(loop);
    net::Alarm limit(loop);
    limit.set(Clock::now() + k_answer_within, [&loop] { loop.stop(); });
    net::Request request{.method = method, .url = url, .body = body};
    if (!body.empty()) request.headers.emplace_back("content-type: application/json");
    auto exchange = client.start(std::move(request), reader);
    loop.run();
    return reader.take();
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view k_plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char c : text) {
        if (k_plain.contains(c)) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

}  // namespace bellwether::cli
