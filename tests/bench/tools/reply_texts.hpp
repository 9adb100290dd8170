// What the simulated provider says: replies of an exact size, and chunks that carry the time at
// which they were sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

// In a chunk's content, followed by 16 hexadecimal digits: now_ns() at sending.
constexpr char k_stamp_mark = '@';
constexpr std::size_t k_stamp_digits = 16;

// A complete HTTP response with a chat completion of that many bytes.
std::string plain_reply(std::size_t body_bytes);

std::string error_reply(int status);

std::string_view stream_head();

// One event of a stream in one HTTP chunk.
void append_event(std::string& out, std::string_view json);
// The chunk is filled up to that size if it is smaller.
void append_token(std::string& out, std::int64_t stamp_ns, std::size_t chunk_bytes = 0);

// The last content, the usage, [DONE] and the end of the body.
void append_end(std::string& out, std::int64_t tokens);

}  // namespace bench
