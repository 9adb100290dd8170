#include "plugin/answer_body.hpp"

#include <algorithm>
#include <array>

namespace bellwether::plugin {
namespace {

// Whether `bytes` can be the beginning of a JSON object or of an event stream.
bool is_beginning_of_answer(std::string_view bytes) {
    constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";
    if (bytes.starts_with(k_byte_order_mark)) bytes.remove_prefix(k_byte_order_mark.size());
    bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
    constexpr std::array<std::string_view, 6> k_beginnings{
        "{", ":", "data:", "event:", "id:", "retry:"};
    return std::ranges::any_of(k_beginnings, [bytes](std::string_view beginning) {
        return bytes.starts_with(beginning) || beginning.starts_with(bytes);
    });
}

}  // namespace

void AnswerBody::on_head(int status, std::span<const net::Header> headers) {
    constexpr int k_no_content = 204;
    framed_ = status == k_no_content || std::ranges::any_of(headers, [](const auto& header) {
                  return header.name == "content-length" || header.name == "transfer-encoding";
              });
}

void AnswerBody::on_bytes(std::string_view bytes, bool is_reply, Time now) {
    if (bytes_ == 0) begins_as_answer_ = is_beginning_of_answer(bytes);
    bytes_ += bytes.size();
    last_byte_ = now;
    const bool is_blank = bytes.find_first_not_of(" \t\r\n") == bytes.npos;
    if (!begun() || (is_reply && !is_blank)) last_payload_ = now;
    state_ = State::begun;
}

void AnswerBody::on_frame() {
    last_payload_ = last_byte_;
    any_frame_ = true;
}

void AnswerBody::on_step(Time now) {
    state_ = State::begun;
    last_byte_ = last_payload_ = now;
}

bool AnswerBody::may_be_cut() const {
    return ended() && !framed_ && (bytes_ == 0 || begins_as_answer_);
}

}  // namespace bellwether::plugin
