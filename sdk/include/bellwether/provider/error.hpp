// What a provider throws. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/provider.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bw {

namespace detail {

inline bw_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(bw_str text) {
    return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

// Appends what fits of `text` to one of bw_error's arrays, whole UTF-8 characters only. Allocates
// nothing: it also has to report that memory ran out.
template <std::size_t Size>
void append_text(char (&array)[Size], std::uint32_t& used, std::string_view text) {
    std::size_t count = text.size() < Size - used ? text.size() : Size - used;
    if (count < text.size()) {
        while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) --count;
    }
    if (count > 0) std::memcpy(array + used, text.data(), count);
    used += static_cast<std::uint32_t>(count);
}

}  // namespace detail

// What a provider throws: `throw bw::Error(BW_E_RATE, "wait").retry_after(20s).http_status(429)`.
class Error : public std::exception {
  public:
    // `status` is a BW_E_*; `message` says, to a person, what happened and what to do.
    Error(bw_status status, std::string message) : status_(status), message_(std::move(message)) {}

    // The upstream's own code, for programs.
    Error& code(std::string_view code) { return code_ = code, *this; }
    // The field of the request that is at fault.
    Error& param(std::string_view param) { return param_ = param, *this; }
    // The status of the upstream's response.
    Error& http_status(std::uint32_t status) { return http_status_ = status, *this; }
    // How long to wait before the next try.
    Error& retry_after(std::chrono::milliseconds wait) {
        return retry_after_ms_ = wait.count() < 0 ? 0 : wait.count(), *this;
    }

    bw_status status() const { return status_; }
    const char* what() const noexcept override { return message_.c_str(); }
    const std::string& message() const { return message_; }
    const std::string& code() const { return code_; }
    const std::string& param() const { return param_; }
    std::uint32_t http_status() const { return http_status_; }
    // Empty: not said.
    std::optional<std::chrono::milliseconds> retry_after() const {
        if (retry_after_ms_ < 0) return std::nullopt;
        return std::chrono::milliseconds(retry_after_ms_);
    }

    // Fills the host's struct and gives the status to return. Used by the layer below.
    bw_status write(bw_error* out) const noexcept {
        // BW_OK and BW_COMPLETE are no errors: thrown they are a bug, and returned they would hide
        // it.
        const bw_status status = status_ <= BW_OK ? BW_E_INTERNAL : status_;
        if (out == nullptr) return status;
        out->http_status = http_status_;
        out->retry_after_ms = retry_after_ms_;
        detail::append_text(out->message, out->message_len, message_);
        detail::append_text(out->code, out->code_len, code_);
        detail::append_text(out->param, out->param_len, param_);
        return status;
    }

  private:
    bw_status status_;
    std::uint32_t http_status_ = 0;
    std::int64_t retry_after_ms_ = -1;
    std::string message_;
    std::string code_;
    std::string param_;
};

}  // namespace bw
