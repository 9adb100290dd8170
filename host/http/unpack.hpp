// `Unpack` unpacks the body of a response. The host never asks for a packed body, but some
// upstreams, or proxies before them, send one all the same. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/packing.hpp"

namespace bellwether::http {

// The packing that a Content-Encoding names, which may be a list. Nothing: it is not supported.
std::optional<Packing> packing_of(std::string_view content_encoding);

class Unpack {
  public:
    explicit Unpack(Packing packing);
    ~Unpack();
    Unpack(const Unpack&) = delete;
    Unpack& operator=(const Unpack&) = delete;

    enum class Step { good, broken, too_long };

    // Appends to `out` what the bytes unpack to; too_long: `out` would exceed `bytes_max`. Bytes
    // after the end of the packed data are ignored.
    Step feed(std::string_view bytes, std::string& out, std::size_t bytes_max);
    // Whether the body may end here: the packed data is at its end, or there was none.
    bool may_end() const;

  private:
    struct Stream;

    void choose_form(std::string_view bytes);
    bool begin_next(std::string_view bytes);
    bool is_no_member() const;

    std::unique_ptr<Stream> stream_;
};

}  // namespace bellwether::http
