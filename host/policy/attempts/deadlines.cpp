#include "policy/attempts/deadlines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/clock.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string_view what_was_late(std::string_view code) {
    if (code == "first_byte_timeout") return "sent no first byte";
    if (code == "idle_timeout") return "sent nothing more";
    return "did not finish";
}

}  // namespace

TimeLimits limits_of(const config::Timeouts& timeouts, bool stream) {
    return {.first_byte = timeouts.first_byte,
            .idle = timeouts.idle,
            .total = stream ? timeouts.stream_total : timeouts.total};
}

namespace {

// Whether the client's limit comes before the other one; zero: no limit.
bool is_shorter(milliseconds client, milliseconds other) {
    return client.count() != 0 && (other.count() == 0 || client < other);
}

}  // namespace

config::Timeouts shortened(config::Timeouts timeouts, const ClientLimits& client) {
    const auto shorten = [](milliseconds& limit, milliseconds wanted) {
        if (is_shorter(wanted, limit)) limit = wanted;
    };
    shorten(timeouts.connect, client.connect);
    shorten(timeouts.first_byte, client.first_byte);
    shorten(timeouts.idle, client.idle);
    return timeouts;
}

bool is_clients_limit(std::string_view code, const config::Timeouts& timeouts,
                      const ClientLimits& client) {
    if (code == "connect_timeout") return is_shorter(client.connect, timeouts.connect);
    if (code == "first_byte_timeout") return is_shorter(client.first_byte, timeouts.first_byte);
    if (code == "idle_timeout") return is_shorter(client.idle, timeouts.idle);
    return code == k_deadline_exceeded;
}

milliseconds time_left(const TimeLimits& limits, steady_clock::time_point now) {
    if (limits.deadline == steady_clock::time_point::max()) return limits.total;
    const auto left =
        std::max(std::chrono::ceil<milliseconds>(limits.deadline - now), milliseconds(1));
    return limits.total.count() == 0 ? left : std::min(left, limits.total);
}

TimeCheck judge(const TimeLimits& limits, const Progress& progress, steady_clock::time_point now) {
    TimeCheck check{.expired = nullptr,
                    .limit = milliseconds(0),
                    .look_again = steady_clock::time_point::max()};
    const auto apply = [&](milliseconds limit, steady_clock::time_point since, const char* code) {
        if (limit.count() == 0 || check.expired != nullptr) return;
        if (now >= since + limit) {
            check.expired = code;
            check.limit = limit;
        }
        check.look_again = std::min(check.look_again, since + limit);
    };
    if (!progress.body_begun) {
        apply(limits.first_byte, std::max(progress.started, progress.asked), "first_byte_timeout");
    }
    if (progress.body_begun) {
        const auto since = progress.paused ? now : progress.last_alive;
        apply(limits.idle, since, "idle_timeout");
    }
    apply(limits.total, progress.started, "total_timeout");
    check.look_again = std::min(check.look_again, limits.deadline);
    if (check.expired == nullptr && now >= limits.deadline) check.expired = k_deadline_exceeded;
    // The first byte may come at any moment, and silence is limited from then on: look again at the
    // earliest moment at which that limit could pass.
    if (!progress.body_begun && limits.idle.count() != 0) {
        check.look_again = std::min(check.look_again, now + limits.idle);
    }
    return check;
}

namespace {

Error error_of(const TimeCheck& check) {
    if (check.expired == std::string_view(k_deadline_exceeded)) return past_deadline();
    return {
        .kind = ErrorKind::timeout,
        .message = fmt::format("The provider {} within {} ms ({}).", what_was_late(check.expired),
                               check.limit.count(), check.expired),
        .code = check.expired};
}

}  // namespace

Error past_deadline() {
    return {.kind = ErrorKind::timeout,
            .message =
                "The provider did not finish within the time that the request allows "
                "(x-bellwether-timeout).",
            .code = k_deadline_exceeded,
            .by_client = true};
}

Deadlines::Deadlines(boost::asio::io_context& loop, TimeLimits limits, Observe observe,
                     Expired expired)
    : alarm_(loop), limits_(limits), observe_(std::move(observe)), expired_(std::move(expired)) {}

void Deadlines::start() { look(); }

void Deadlines::look() {
    const TimeCheck check = judge(limits_, observe_(), Clock::now());
    if (check.expired != nullptr) {
        // The callback is moved out first, because it may destroy this object.
        const auto expired = std::move(expired_);
        return expired(error_of(check));
    }
    if (check.look_again == steady_clock::time_point::max()) return;
    alarm_.set(check.look_again, [this] { look(); });
}

}  // namespace bellwether::policy
