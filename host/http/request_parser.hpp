// `RequestParser` reads HTTP/1.1 requests out of bytes, as they come and however they are cut. It
// does no I/O, and throws nothing but std::bad_alloc. It is strict (RFC 9112): whatever another
// server might understand differently is refused, and after a refusal no byte is read as a request.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/chunks.hpp"
#include "http/framing.hpp"
#include "http/inflate.hpp"
#include "http/limits.hpp"
#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bellwether::http {

enum class ParseStep {
    more,     // all bytes were taken, and more are needed
    head,     // the head is complete: check it, then call feed again with the rest of the bytes
    request,  // the request is complete; the bytes that are left belong to the next request
    refused,
};

class RequestParser {
  public:
    // `limits` outlive the parser, or the next use().
    explicit RequestParser(const MessageLimits& limits);
    // From now on these limits count.
    void use(const MessageLimits& limits) { limits_ = &limits; }
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Takes bytes from the front of `bytes`. After `head` it must be called again, even if no bytes
    // are left.
    ParseStep feed(std::string_view& bytes);
    // Prepares for the next request. Only after `request`.
    void restart();

    // Whether any byte of a request has come; empty lines before it do not count.
    bool begun() const { return stage_ != Stage::request_line || !head_.empty(); }
    bool head_complete() const { return stage_ > Stage::fields; }
    bool complete() const { return stage_ == Stage::complete; }
    // The request: complete after `request`, and all but the body after `head`. Before that, and
    // after `refused`, only what is known already.
    IncomingRequest& request() { return request_; }
    const IncomingRequest& request() const { return request_; }
    const Framing& framing() const { return framing_; }
    const Refusal& refusal() const { return refusal_; }

  private:
    enum class Stage { request_line, fields, body, complete, refused };

    // A part of `head_`, by offset, because `head_` moves while it grows.
    struct Place {
        std::size_t begin = 0;
        std::size_t size = 0;
    };
    struct FieldPlaces {
        Place name;
        Place value;
    };

    ParseStep feed_head(std::string_view& bytes);
    ParseStep feed_body(std::string_view& bytes);
    ParseStep take_line(std::string_view& bytes, bool& complete);
    ParseStep read_request_line(std::string_view line);
    ParseStep read_field(std::size_t line_size);
    void show_head();
    ParseStep end_head();
    ParseStep add_to_body(std::string_view bytes);
    ParseStep end_body();
    ParseStep refuse(Refusal refusal);
    Place place_of(std::string_view part) const;
    std::string_view at(Place place) const;

    const MessageLimits* limits_;
    Stage stage_ = Stage::request_line;
    std::string head_;      // the lines of the head, names in lower case
    std::size_t line_ = 0;  // offset in `head_` of the line that is being read
    std::size_t fields_begin_ = 0;
    int empty_lines_ = 0;  // before the request
    Place method_, target_, path_, authority_;
    std::vector<FieldPlaces> places_;
    IncomingRequest request_;
    Framing framing_;
    Refusal refusal_;
    Chunks chunks_;
    std::size_t left_ = 0;  // bytes of a counted body that have not come yet
    std::unique_ptr<Inflate> inflate_;
};

}  // namespace bellwether::http
