// What a provider throws. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/version.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bw::v1 {

namespace detail {

inline bw_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(bw_str text) {
    return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

// A struct of the ABI that says nothing yet: the reader knows its length, and all else is zero.
template <typename Struct>
Struct sized() {
    Struct out = {};
    out.size = static_cast<std::uint32_t>(sizeof out);
    return out;
}

// Where a failure is told.
struct Teller {
    const bw_host_api* api;
    bw_host* host;
    bw_attempt* attempt;  // nullptr: it is about the service or the instance

    bw_status tell(const bw_error& error) const noexcept {
        return api->fail(host, attempt, &error);
    }
};

}  // namespace detail

// What a provider throws: `throw bw::Error(BW_E_RATE, "wait").retry_after(20s).http_status(429)`.
class Error : public std::exception {
  public:
    // `status` is a BW_E_*; `message` says, to a person, what happened and what to do.
    Error(bw_status status, std::string message) : status_(status), message_(std::move(message)) {}

    // The upstream's own code, for programs.
    Error& code(std::string_view code) { return code_ = code, *this; }
    // The upstream's own type of error.
    Error& type(std::string_view type) { return type_ = type, *this; }
    // The member of the request that is at fault.
    Error& param(std::string_view param) { return param_ = param, *this; }
    // The upstream's body, for a client of the same dialect.
    Error& raw(std::string_view raw) { return raw_ = raw, *this; }
    // The status of the upstream's response.
    Error& http_status(std::uint32_t status) { return http_status_ = status, *this; }
    // How long to wait before the next try; at least a millisecond.
    Error& retry_after(std::chrono::milliseconds wait) {
        return retry_after_ms_ = wait.count() < 1 ? 1 : wait.count(), *this;
    }

    bw_status status() const { return status_; }
    const char* what() const noexcept override { return message_.c_str(); }
    const std::string& message() const { return message_; }
    const std::string& code() const { return code_; }
    const std::string& type() const { return type_; }
    const std::string& param() const { return param_; }
    const std::string& raw() const { return raw_; }
    std::uint32_t http_status() const { return http_status_; }
    // Empty: not said.
    std::optional<std::chrono::milliseconds> retry_after() const {
        if (retry_after_ms_ == 0) return std::nullopt;
        return std::chrono::milliseconds(retry_after_ms_);
    }

    // Tells the host, and gives the status to return. Used by the layer below.
    bw_status tell(const detail::Teller& teller) const noexcept {
        bw_error out = detail::sized<bw_error>();
        // BW_OK and BW_COMPLETE are no errors: thrown they are a bug, and returned they would hide
        // it.
        out.status = status_ <= BW_OK ? BW_E_INTERNAL : status_;
        out.http_status = http_status_;
        out.retry_after_ms = retry_after_ms_;
        out.message = detail::to_str(message_);
        out.code = detail::to_str(code_);
        out.type = detail::to_str(type_);
        out.param = detail::to_str(param_);
        out.raw = detail::to_str(raw_);
        return teller.tell(out);
    }

  private:
    bw_status status_;
    std::uint32_t http_status_ = 0;
    std::int64_t retry_after_ms_ = 0;
    std::string message_;
    std::string code_;
    std::string type_;
    std::string param_;
    std::string raw_;
};

namespace detail {

// A function of the host has refused, and has told why itself.
struct Refused {
    bw_status status;
};

inline void obey(bw_status status) {
    if (status != BW_OK) throw Refused{status};
}

}  // namespace detail

}  // namespace bw::v1
