#include "ledger/redis/reply.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <initializer_list>
#include <new>

namespace bellwether::ledger {
namespace {

RedisReply taken(const redisReply& from) {
    RedisReply reply;
    switch (from.type) {
        case REDIS_REPLY_INTEGER:
            reply.kind = RedisReply::Kind::integer;
            reply.integer = from.integer;
            break;
        case REDIS_REPLY_ARRAY:
            reply.kind = RedisReply::Kind::array;
            reply.elements.reserve(from.elements);
            for (std::size_t i = 0; i < from.elements; ++i) {
                reply.elements.push_back(taken(*from.element[i]));
            }
            break;
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_ERROR:
            reply.kind =
                from.type == REDIS_REPLY_ERROR ? RedisReply::Kind::error : RedisReply::Kind::text;
            reply.text.assign(from.str, from.len);
            break;
        default: break;
    }
    return reply;
}

// More elements than any answer to the host's commands has. Without this bound, hiredis would
// allocate as many as the server announces.
constexpr std::size_t k_most_elements = std::size_t{1} << 22;

// hiredis's own functions, except that arrays of more elements than that are refused.
redisReplyObjectFunctions* bounded_functions(const redisReplyObjectFunctions& usual) {
    static const redisReplyObjectFunctions unbounded = usual;
    static redisReplyObjectFunctions bounded = [] {
        redisReplyObjectFunctions functions = unbounded;
        // The type of the length differs between versions of hiredis.
        functions.createArray = [](const redisReadTask* task, auto length) -> void* {
            const bool fits = static_cast<std::size_t>(length) <= k_most_elements;
            return fits ? unbounded.createArray(task, length) : nullptr;
        };
        return functions;
    }();
    return &bounded;
}

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words,
                               [text](std::string_view word) { return text.starts_with(word); });
}

}  // namespace

bool RedisReply::not_yet() const {
    return failed() && begins_with_any(text, {"LOADING", "MASTERDOWN", "READONLY", "CLUSTERDOWN",
                                              "TRYAGAIN", "BUSY "});
}

bool RedisReply::wrong_server() const {
    return not_yet() || (failed() && begins_with_any(text, {"MOVED ", "ASK ", "NOAUTH"}));
}

std::int64_t RedisReply::integer_at(std::size_t index) const {
    return index < elements.size() ? elements[index].integer : 0;
}

std::string redis_command(const std::vector<std::string_view>& words) {
    std::string command = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
        command.append("$").append(std::to_string(word.size())).append("\r\n");
        command.append(word).append("\r\n");
    }
    return command;
}

void RedisReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisReader::RedisReader() : reader_(redisReaderCreate()) {
    if (!reader_) throw std::bad_alloc();
    reader_->fn = bounded_functions(*reader_->fn);
}

void RedisReader::feed(std::string_view bytes) {
    redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

std::expected<std::optional<RedisReply>, std::string> RedisReader::next() {
    void* found = nullptr;
    if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
        if (reader_->err == REDIS_ERR_OOM) {
            return std::unexpected("an answer announces more elements than any answer has");
        }
        return std::unexpected(std::string(reader_->errstr));
    }
    if (found == nullptr) return std::nullopt;
    RedisReply reply = taken(*static_cast<redisReply*>(found));
    freeReplyObject(found);
    return reply;
}

}  // namespace bellwether::ledger
