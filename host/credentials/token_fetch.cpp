#include "credentials/token_fetch.hpp"

#include <fmt/format.h>

#include <utility>

namespace bellwether::credentials {
namespace {

constexpr int k_tries_max = 2;
constexpr std::chrono::milliseconds k_pause{250};

std::string endpoint_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == url.npos) return {};
    return std::string(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

}  // namespace

TokenFetch::TokenFetch(const TokenSource& source, boost::asio::io_context& loop,
                       net::Transport& transport, std::function<void(Fetched)> done)
    : source_(source), transport_(transport), done_(std::move(done)), pause_(loop), limit_(loop) {}

void TokenFetch::begin() {
    const auto timeout = source_.options().timeout;
    limit_.set(Clock::now() + timeout, [this, timeout] {
        end(std::unexpected(
            TokenRefusal{.what = fmt::format("did not answer within {} ms", timeout.count()),
                         .may_pass = true,
                         .endpoint = endpoint_of(request_.url)}));
    });
    start_talk();
}

void TokenFetch::start_talk() {
    ++tries_;
    talk_ = source_.giver().talk();
    auto first = talk_->begin();
    if (first) return send(std::move(*first));
    // Not from inside begin.
    pause_.set(Clock::now(), [this, refusal = std::move(first.error())]() mutable {
        end(std::unexpected(std::move(refusal)));
    });
}

void TokenFetch::send(TokenRequest request) {
    exchange_.reset();
    request_ = std::move(request);
    status_ = 0;
    answer_.clear();
    exchange_ = transport_.start({.method = request_.method,
                                  .url = request_.url,
                                  .headers = std::move(request_.headers),
                                  .body = request_.body,
                                  .connect_timeout = source_.options().connect_timeout,
                                  .wire = source_.options().wire},
                                 *this);
}

void TokenFetch::on_head(int status, std::span<const net::Header>) { status_ = status; }

void TokenFetch::on_data(std::string_view bytes) {
    if (answer_.size() + bytes.size() > k_token_answer_bytes_max) {
        return end(std::unexpected(TokenRefusal{
            .what = fmt::format("answered with more than {} KiB", k_token_answer_bytes_max >> 10),
            .status = status_,
            .endpoint = endpoint_of(request_.url)}));
    }
    answer_.append(bytes);
}

void TokenFetch::on_end(std::optional<net::Failure> failure) {
    if (failure) {
        return refuse({.what = "could not be asked: " + failure->for_operator(), .may_pass = true});
    }
    auto step = talk_->answered(status_, answer_);
    if (!step) return refuse(std::move(step.error()));
    if (auto* const request = std::get_if<TokenRequest>(&*step)) return send(std::move(*request));
    end(std::get<Token>(std::move(*step)));
}

void TokenFetch::refuse(TokenRefusal refusal) {
    if (refusal.may_pass && tries_ < k_tries_max) {
        exchange_.reset();
        return pause_.set(Clock::now() + k_pause, [this] { start_talk(); });
    }
    refusal.endpoint = endpoint_of(request_.url);
    end(std::unexpected(std::move(refusal)));
}

void TokenFetch::end(Fetched result) {
    exchange_.reset();
    pause_.cancel();
    limit_.cancel();
    std::exchange(done_, {})(std::move(result));
}

}  // namespace bellwether::credentials
