// Reads HTTP/1.1 requests out of bytes, as they come and however they are cut. Pure: no input or
// output, no exceptions, no recursion. Strict (RFC 9112): whatever another reader might understand
// differently is refused, and after a refusal no byte is read as a request any more.
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

namespace bw::http {

enum class ParseStep {
    more,     // all bytes were taken, and more are needed
    head,     // the head is complete: look at it, then go on with the rest of the bytes
    request,  // the request is complete; what is left of the bytes belongs to the next one
    refused,
};

class RequestParser {
  public:
    // `limits` outlive the parser.
    explicit RequestParser(const MessageLimits& limits);
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Takes from the front of `bytes`. After `head` call it again, even with no bytes left.
    ParseStep feed(std::string_view& bytes);
    // Makes ready for the next request; only after `request`.
    void restart();

    // Whether any byte of a request has come; empty lines before it do not count.
    bool begun() const { return stage_ != Stage::request_line || !head_.empty(); }
    bool head_complete() const { return stage_ > Stage::fields; }
    bool complete() const { return stage_ == Stage::complete; }
    // Complete after `request`; after `head` all but its body is. Before: what is known already.
    RequestHead& request() { return request_; }
    const RequestHead& request() const { return request_; }
    const Framing& framing() const { return framing_; }
    const Refusal& refusal() const { return refusal_; }

  private:
    enum class Stage { request_line, fields, body, complete, refused };

    // A stretch of `head_`, which moves while it grows.
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

    const MessageLimits& limits_;
    Stage stage_ = Stage::request_line;
    std::string head_;      // the lines of the head, names in lower case
    std::size_t line_ = 0;  // where the line begins that is being read
    std::size_t fields_begin_ = 0;
    int empty_lines_ = 0;  // before the request
    Place method_, target_, path_, authority_;
    std::vector<FieldPlaces> places_;
    RequestHead request_;
    Framing framing_;
    Refusal refusal_;
    Chunks chunks_;
    std::size_t left_ = 0;  // of a counted body
    std::unique_ptr<Inflate> inflate_;
};

}  // namespace bw::http
