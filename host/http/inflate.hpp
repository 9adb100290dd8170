// Unpacks a gzip or deflate body as it comes, and stops one that grows beyond all measure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http/limits.hpp"
#include "http/refusal.hpp"

namespace bw::http {

class Inflate {
  public:
    explicit Inflate(Packing packing);
    ~Inflate();
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;

    // Appends to `out` what the bytes unpack to.
    std::optional<Refusal> feed(std::string_view bytes, std::string& out,
                                const MessageLimits& limits);
    // At the end of the body: the packed data must be at its end, too.
    std::optional<Refusal> finish() const;

  private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

}  // namespace bw::http
