#include "http/request_parser.hpp"

#include <algorithm>
#include <utility>

#include "http/characters.hpp"
#include "http/field_line.hpp"
#include "http/request_line.hpp"

namespace bellwether::http {
namespace {

// Empty lines before a request that are passed over. RFC 9112, 2.2, asks for one, because old
// clients send a line end after a body.
constexpr int k_empty_lines_max = 2;
// At most this much memory is reserved for a body because of its announced length alone; more is
// allocated as bytes come.
constexpr std::size_t k_trusted_bytes = 256u << 10;
// Buffers that an unusual request has grown beyond these sizes are freed before the next request.
constexpr std::size_t k_head_bytes_kept = 2u << 10;
constexpr std::size_t k_fields_kept = 32;

constexpr unsigned char k_tls_handshake = 0x16;

}  // namespace

RequestParser::RequestParser(const MessageLimits& limits) : limits_(&limits) {}

ParseStep RequestParser::feed(std::string_view& bytes) {
    switch (stage_) {
        case Stage::request_line:
        case Stage::fields: return feed_head(bytes);
        case Stage::body: return feed_body(bytes);
        case Stage::complete: return ParseStep::request;
        case Stage::refused: break;
    }
    return ParseStep::refused;
}

void RequestParser::restart() {
    head_.clear();
    if (head_.capacity() > k_head_bytes_kept) head_.shrink_to_fit();
    places_.clear();
    if (places_.capacity() > k_fields_kept) places_.shrink_to_fit();
    auto fields = std::move(request_.fields);
    fields.clear();
    if (fields.capacity() > k_fields_kept) fields.shrink_to_fit();
    request_ = {};
    request_.fields = std::move(fields);
    stage_ = Stage::request_line;
    line_ = fields_begin_ = left_ = 0;
    empty_lines_ = 0;
    framing_ = {};
    chunks_.restart();
    inflate_.reset();
}

ParseStep RequestParser::refuse(Refusal refusal) {
    if (stage_ == Stage::fields && request_.fields.empty()) show_head();
    refusal_ = std::move(refusal);
    stage_ = Stage::refused;
    inflate_.reset();
    return ParseStep::refused;
}

// ---- the head -----------------------------------------------------------------------------------

ParseStep RequestParser::feed_head(std::string_view& bytes) {
    while (!bytes.empty()) {
        if (head_.empty() && static_cast<unsigned char>(bytes.front()) == k_tls_handshake) {
            return refuse(malformed("This port speaks plain HTTP, not TLS: use http://."));
        }
        bool complete = false;
        if (take_line(bytes, complete) == ParseStep::refused) return ParseStep::refused;
        if (!complete) return ParseStep::more;
        const std::size_t size = head_.size() - 2 - line_;
        ParseStep step = ParseStep::more;
        if (stage_ == Stage::request_line) {
            step = read_request_line(std::string_view(head_).substr(line_, size));
        } else if (size > 0) {
            step = read_field(size);
        } else {
            return end_head();
        }
        if (step == ParseStep::refused) return step;
        line_ = head_.size();
    }
    return ParseStep::more;
}

// Appends a line, as far as it has come, to `head_`. Incomplete lines count towards the limits as
// well, because a line may never end.
ParseStep RequestParser::take_line(std::string_view& bytes, bool& complete) {
    const std::size_t end = bytes.find('\n');
    const std::size_t count = end == bytes.npos ? bytes.size() : end + 1;
    const bool first = stage_ == Stage::request_line;
    const std::size_t most = first ? limits_->request_line_bytes : limits_->header_bytes;
    if (head_.size() - fields_begin_ + count > most) {
        if (!first) return refuse(headers_too_large());
        return refuse({.status = 414,
                       .code = "request_line_too_long",
                       .message = "The request's first line is longer than " +
                                  std::to_string(most) + " bytes (server.max_request_line)."});
    }
    head_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (end == bytes.npos) return ParseStep::more;
    if (!head_.ends_with("\r\n")) {
        return refuse(malformed("A line of the request's head does not end in CRLF."));
    }
    complete = true;
    return ParseStep::more;
}

ParseStep RequestParser::read_request_line(std::string_view line) {
    if (line.empty()) {
        head_.clear();
        if (++empty_lines_ <= k_empty_lines_max) return ParseStep::more;
        return refuse(malformed("There are too many empty lines before the request."));
    }
    const auto parsed = parse_request_line(line);
    if (!parsed) return refuse(parsed.error());
    method_ = place_of(parsed->method);
    target_ = place_of(parsed->target);
    path_ = place_of(parsed->path);
    authority_ = place_of(parsed->authority);
    request_.version = parsed->version;
    fields_begin_ = head_.size();
    stage_ = Stage::fields;
    return ParseStep::more;
}

ParseStep RequestParser::read_field(std::size_t line_size) {
    if (places_.size() == limits_->header_count) return refuse(headers_too_large());
    const auto field = read_field_line({head_.data() + line_, line_size});
    if (!field) return refuse(field.error());
    places_.push_back(
        {.name = {line_, field->name_size}, .value = {line_ + field->value, field->value_size}});
    return ParseStep::more;
}

// Sets the request's views of the head. This must wait until `head_` has stopped growing, because a
// growing buffer moves.
void RequestParser::show_head() {
    request_.method = at(method_);
    request_.target = at(target_);
    request_.path = at(path_);
    request_.authority = at(authority_);
    for (const auto& [name, value] : places_) request_.fields.push_back({at(name), at(value)});
}

ParseStep RequestParser::end_head() {
    show_head();
    const auto framing = read_framing(request_, *limits_);
    if (!framing) return refuse(framing.error());
    framing_ = *framing;
    left_ = framing_.length;
    if (framing_.packing != Packing::none) inflate_ = std::make_unique<Inflate>(framing_.packing);
    request_.body.reserve(std::min(left_, k_trusted_bytes));
    stage_ = Stage::body;
    return ParseStep::head;
}

RequestParser::Place RequestParser::place_of(std::string_view part) const {
    if (part.empty()) return {};
    return {static_cast<std::size_t>(part.data() - head_.data()), part.size()};
}

std::string_view RequestParser::at(Place place) const {
    return std::string_view(head_).substr(place.begin, place.size);
}

// ---- the body -----------------------------------------------------------------------------------

ParseStep RequestParser::feed_body(std::string_view& bytes) {
    if (framing_.body == Body::chunked) {
        while (!chunks_.done()) {
            const auto data = chunks_.next(bytes, *limits_);
            if (!data) return refuse(data.error());
            if (data->empty()) break;
            if (add_to_body(*data) == ParseStep::refused) return ParseStep::refused;
        }
        return chunks_.done() ? end_body() : ParseStep::more;
    }
    const std::string_view data = bytes.substr(0, left_);
    bytes.remove_prefix(data.size());
    left_ -= data.size();
    if (add_to_body(data) == ParseStep::refused) return ParseStep::refused;
    return left_ == 0 ? end_body() : ParseStep::more;
}

ParseStep RequestParser::add_to_body(std::string_view bytes) {
    if (!inflate_) {
        request_.body.append(bytes);
        return ParseStep::more;
    }
    auto problem = inflate_->feed(bytes, request_.body, *limits_);
    return problem ? refuse(std::move(*problem)) : ParseStep::more;
}

ParseStep RequestParser::end_body() {
    if (inflate_) {
        if (auto problem = inflate_->finish()) return refuse(std::move(*problem));
        inflate_.reset();
    }
    stage_ = Stage::complete;
    return ParseStep::request;
}

}  // namespace bellwether::http
