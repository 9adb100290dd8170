// Unpacks the body of a response. Nobody has asked for a packed one, but some upstreams, and what
// stands before them, send one all the same. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/packing.hpp"

namespace bw::net {

// By a Content-Encoding, which may be a list; nothing: none that is understood.
std::optional<Packing> packing_of(std::string_view content_encoding);

class Unpack {
  public:
    explicit Unpack(Packing packing);
    ~Unpack();
    Unpack(const Unpack&) = delete;
    Unpack& operator=(const Unpack&) = delete;

    enum class Step { good, broken, too_long };

    // Appends what the bytes unpack to; too_long: that is more than so many. What follows the end
    // of the packed data, and is no more of it, is passed over.
    Step feed(std::string_view bytes, std::string& out, std::size_t bytes_max);
    // Whether the data may end here: they are at their end, or there were none.
    bool may_end() const;

  private:
    struct Stream;

    void choose_form(std::string_view bytes);
    bool begin_next(std::string_view bytes);
    bool is_no_member() const;

    std::unique_ptr<Stream> stream_;
};

}  // namespace bw::net
