// `Head` takes the head of a response as it arrives, line by line. It keeps the last status line's
// status and its headers, names in lower case, in one buffer. Interim (1xx) heads are read and
// forgotten. Pure: no I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/transport.hpp"

namespace bellwether::net {

inline constexpr std::size_t k_head_bytes_max = 64u << 10;  // all heads of one response together

// How long a response says that its body is.
struct BodyLength {
    // The head gives different lengths, or one that cannot be read. Another program might then see
    // the body end elsewhere, and take the rest of it for the next response.
    bool doubtful = false;
    bool unreadable =
        false;  // it is doubtful, as one of the lengths is no number that counts bytes
    std::optional<std::size_t> bytes;
};

class Head {
  public:
    enum class State { incomplete, complete, too_large, bad_status };

    // Takes one line, its line end included. Lines after the head (trailers) change nothing.
    State add(std::string_view line);

    bool begun() const { return bytes_ > 0; }
    bool complete() const { return complete_; }
    int status() const { return status_; }
    bool multiplexed() const { return multiplexed_; }  // HTTP/2: exchanges share the connection
    bool redirects() const { return status_ >= 300 && status_ < 400; }
    // Valid until the next add.
    std::span<const Header> headers();
    std::string_view find(std::string_view name) const;  // empty: not there
    std::string find_all(std::string_view name) const;   // all fields of that name, as one list
    BodyLength body_length() const;

  private:
    struct HeadField {
        std::size_t name;
        std::size_t name_size;
        std::size_t value;
        std::size_t value_size;
    };

    void begin(std::string_view status_line);
    void add_field(std::string_view line);
    void fold(std::string_view line);

    std::string text_;
    std::vector<HeadField> fields_;
    std::vector<Header> headers_;
    std::size_t bytes_ = 0;
    int status_ = 0;
    bool complete_ = false;
    bool multiplexed_ = false;
};

}  // namespace bellwether::net
