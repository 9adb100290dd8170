// `TokenFetch` goes one way to a token over a worker's transport: request by request, within a
// time, and once more from the beginning if the endpoint could not be reached. On the worker's
// thread; dropping it cancels it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "credentials/token_source.hpp"
#include "net/alarm.hpp"
#include "net/transport.hpp"

namespace bellwether::credentials {

inline constexpr std::size_t k_token_answer_bytes_max = 256u << 10;

class TokenFetch final : private net::Events {
  public:
    using Fetched = std::expected<Token, TokenRefusal>;

    // The source outlives it. `done` is called once, never from inside begin, and may drop this.
    TokenFetch(const TokenSource& source, boost::asio::io_context& loop, net::Transport& transport,
               std::function<void(Fetched)> done);

    void begin();

  private:
    void on_head(int status, std::span<const net::Header> headers) override;
    void on_data(std::string_view bytes) override;
    void on_end(std::optional<net::Failure> failure) override;

    void start_talk();
    void send(TokenRequest request);
    void refuse(TokenRefusal refusal);
    void end(Fetched result);

    const TokenSource& source_;
    net::Transport& transport_;
    std::function<void(Fetched)> done_;
    std::unique_ptr<TokenTalk> talk_;
    TokenRequest request_;  // the exchange sends its body
    int status_ = 0;
    std::string answer_;
    int tries_ = 0;
    net::Alarm pause_;
    net::Alarm limit_;
    net::Exchange exchange_;
};

}  // namespace bellwether::credentials
