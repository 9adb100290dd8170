// Text that comes in pieces cut anywhere, as whole UTF-8 characters. Part of
// <bellwether/chat/reply.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bw::v1::chat::detail {

// How many bytes at the end of `text` begin a character whose rest is missing: 0 to 3.
inline std::size_t cut_off_bytes(std::string_view text) {
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xC0) == 0x80) continue;  // within a character
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

// Holds the beginning of a character back until its rest comes.
class WholeCharacters {
  public:
    // All that is whole of what has come; valid until the next call, and as long as `piece`.
    std::string_view take(std::string_view piece) {
        if (joined_.size() != held_) joined_.erase(0, joined_.size() - held_);
        if (held_ > 0) {
            joined_.append(piece);
            piece = joined_;
        }
        const std::size_t cut = cut_off_bytes(piece);
        if (held_ == 0) joined_.assign(piece.substr(piece.size() - cut));
        held_ = cut;
        return piece.substr(0, piece.size() - cut);
    }
    // The beginning of a character whose rest never came; empty as a rule.
    std::string_view rest() const {
        return std::string_view(joined_).substr(joined_.size() - held_);
    }

  private:
    std::string joined_;    // ends with what is held
    std::size_t held_ = 0;  // bytes
};

}  // namespace bw::v1::chat::detail
