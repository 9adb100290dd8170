// The Redis protocol: commands as bytes for the server, and the server's bytes as replies. Pure. No
// other file uses hiredis.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace bellwether::ledger {

struct RedisReply {
    enum class Kind : std::uint8_t { text, integer, array, nothing, error };

    Kind kind = Kind::nothing;
    std::int64_t integer = 0;
    std::string text;  // of a text or an error
    std::vector<RedisReply> elements;

    bool failed() const { return kind == Kind::error; }
    // Whether the server did nothing, as it is the wrong one to ask, for now or for good.
    bool wrong_server() const;
    // Whether it is the wrong server only for now: it loads its data, or is a replica.
    bool not_yet() const;
    // The number in an element; 0 if there is no such element, or no number in it.
    std::int64_t integer_at(std::size_t index) const;
};

// The bytes of one command. Its words may contain any bytes.
std::string redis_command(const std::vector<std::string_view>& words);

// Parses the bytes that the server sends, as they come, into whole replies.
class RedisReader {
  public:
    RedisReader();

    void feed(std::string_view bytes);
    // The next reply; nothing if it is not complete yet. After an error the reader is of no use any
    // more, as the bytes are not Redis's protocol.
    std::expected<std::optional<RedisReply>, std::string> next();

  private:
    struct Free {
        void operator()(redisReader* reader) const;
    };
    std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace bellwether::ledger
