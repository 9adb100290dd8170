// What goes to a Redis server and what comes back, as bytes. Pure. The one user of hiredis.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace bw::ledger {

struct RedisReply {
    enum class Kind : std::uint8_t { text, integer, array, nothing, error };

    Kind kind = Kind::nothing;
    std::int64_t integer = 0;
    std::string text;  // of an error, too
    std::vector<RedisReply> elements;

    bool failed() const { return kind == Kind::error; }
    // The server has done nothing, as it is not, or not yet, the one to ask.
    bool wrong_server() const;
    // It may become that by itself: it reads its data, or is a replica for now.
    bool not_yet() const;
    // 0 where there is no such element, or no number in it.
    std::int64_t integer_at(std::size_t index) const;
};

// One command as the server reads it; any bytes may stand in it.
std::string redis_command(const std::vector<std::string_view>& words);

// Takes bytes as they come and gives whole replies.
class RedisReader {
  public:
    RedisReader();

    void feed(std::string_view bytes);
    // Nothing: it takes more bytes. The error is for good: what comes is not Redis.
    std::expected<std::optional<RedisReply>, std::string> next();

  private:
    struct Free {
        void operator()(redisReader* reader) const;
    };
    std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace bw::ledger
