#include "ledger/redis_target.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace bw::ledger {
namespace {

constexpr int k_database_max = 65'535;
constexpr std::size_t k_prefix_bytes_max = 64;

std::unexpected<Error> mistaken(std::string what) {
    return fail(ErrorKind::invalid, "ledger: " + std::move(what));
}

bool number_within(std::string_view text, int least, int most) {
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc() && end == text.data() + text.size() && number >= least &&
           number <= most;
}

bool plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

// host, host:port or [address]:port
Result<void> read_authority(std::string_view text, RedisTarget& target) {
    std::size_t host_end = text.find(':');
    std::string_view host = text.substr(0, host_end);
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return mistaken("the url's address begins with \"[\" and has no \"]\"");
        }
        host = text.substr(1, close - 1);
        host_end = close + 1 < text.size() ? close + 1 : std::string_view::npos;
        if (host_end != std::string_view::npos && text[host_end] != ':') {
            return mistaken("after \"]\" of the url's address comes a port, as in [::1]:6379");
        }
    }
    if (host.empty()) return mistaken("the url names no host; write redis://HOST:6379/0");
    target.host = host;
    target.port = host_end == std::string_view::npos ? "6379" : text.substr(host_end + 1);
    if (!number_within(target.port, 1, 65'535)) {
        return mistaken("the url's port must be a number from 1 to 65535");
    }
    return {};
}

}  // namespace

std::string RedisTarget::name() const {
    const bool address = host.contains(':');
    return (encrypted ? "rediss://" : "redis://") + (address ? "[" + host + "]" : host) + ":" +
           port + "/" + std::to_string(database);
}

Result<RedisTarget> parse_redis_target(RedisSettings settings) {
    RedisTarget target;
    std::string_view rest = settings.url;
    target.encrypted = rest.starts_with("rediss://");
    if (!target.encrypted && !rest.starts_with("redis://")) {
        return mistaken("the url must begin with redis:// or, for TLS, rediss://");
    }
    rest.remove_prefix(target.encrypted ? 9 : 8);
    if (rest.find_first_of("?# \t\r\n") != std::string_view::npos) {
        return mistaken("the url has neither a query nor a fragment nor blanks");
    }
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        target.user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        if (target.user.contains(':')) {
            return mistaken("the url must not hold a password; it has a setting of its own");
        }
    }
    if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
        const std::string_view database = rest.substr(slash + 1);
        if (!database.empty() && !number_within(database, 0, k_database_max)) {
            return mistaken("the url's database must be a number, as in redis://HOST:6379/0");
        }
        if (!database.empty()) target.database = std::stoi(std::string(database));
        rest = rest.substr(0, slash);
    }
    if (auto read = read_authority(rest, target); !read) return std::unexpected(read.error());
    const std::string& prefix = settings.prefix;
    if (prefix.empty() || prefix.size() > k_prefix_bytes_max ||
        !std::ranges::all_of(prefix, plain)) {
        return mistaken("the prefix must be 1 to 64 letters, digits, \"-\", \"_\" or \".\"");
    }
    if (!target.user.empty() && settings.password.empty()) {
        return mistaken("the url names a user, so there must be a password");
    }
    target.settings = std::move(settings);
    return target;
}

}  // namespace bw::ledger
