#include "plugin/token_trial.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <utility>

#include "base/clock.hpp"
#include "credentials/token_desk.hpp"
#include "net/alarm.hpp"
#include "net/client.hpp"

namespace bellwether::plugin {

Result<void> try_token(const credentials::Credential& credential, std::chrono::milliseconds limit) {
    boost::asio::io_context loop{1};
    net::Client client(loop);
    credentials::TokenDesk desk(loop, client);
    Result<void> result;
    const auto wait = desk.wait(credential.tokens(), [&](const credentials::TokenOutcome& outcome) {
        if (!outcome) result = std::unexpected(outcome.error());
        loop.stop();
    });
    net::Alarm alarm(loop);
    alarm.set(Clock::now() + limit, [&] {
        result = fail(ErrorKind::timeout, fmt::format("no token within {} s", limit.count() / 1000),
                      "total_timeout");
        loop.stop();
    });
    loop.run();
    return result;
}

}  // namespace bellwether::plugin
