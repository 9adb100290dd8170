// `Inflate` unpacks a request's gzip or deflate body as it comes, and refuses a body that grows
// beyond the limits. It may throw std::bad_alloc, and nothing else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http/limits.hpp"
#include "http/refusal.hpp"

namespace bellwether::http {

class Inflate {
  public:
    explicit Inflate(Packing packing);
    ~Inflate();
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;

    // Appends to `out`, which has all of the body so far, what the bytes unpack to.
    std::optional<Refusal> feed(std::string_view bytes, std::string& out,
                                const MessageLimits& limits);
    // To be called at the end of the body: refuses it if the packed data has not ended as well.
    std::optional<Refusal> finish() const;

  private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

}  // namespace bellwether::http
