// The messages between a host and the child process of a plugin, and how their texts are put
// together: numbers as the machine has them, and texts with their lengths. Both sides are the same
// program.
#pragma once

#include <bellwether/provider.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "plugin/abi_text.hpp"

namespace bellwether::plugin::isolated {

enum class Message : std::uint32_t {
    none,
    // From the host. Each that asks is answered by what the plugin says, and a `result`.
    load,
    service_open,
    service_notice,
    service_close,
    serve,  // one more channel
    create,
    destroy,
    open,
    head,
    data,
    end,
    close,
    step,
    estimate,
    // From the child: what the plugin says while one of its functions runs.
    fail,
    log,
    count,
    send,
    frame,
    emit,
    reply_header,
    usage,
    limits,
    attribute,
    begin,
    add_model,
    bound,
    phase,  // in which function the plugin says what follows, if not in the one that was asked for
    result,
    wake,  // from any thread of the plugin's
    last
};

inline bool is_message(std::uint32_t number) {
    return number > 0 && number < static_cast<std::uint32_t>(Message::last);
}

// A text that has taken more memory than this gives it back before it is used again.
inline constexpr std::size_t k_kept_bytes = 1u << 20;

inline void begin_anew(std::string& text) {
    if (text.capacity() > k_kept_bytes) std::string().swap(text);
    text.clear();
}

class Packer {
  public:
    template <typename Number>
    Packer& number(Number value) {
        static_assert(std::is_arithmetic_v<Number>);
        char bytes[sizeof(value)];
        std::memcpy(bytes, &value, sizeof(value));
        text_.append(bytes, sizeof(value));
        return *this;
    }
    Packer& text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        text_.append(value);
        return *this;
    }
    Packer& text(bw_str value) { return text(view(value)); }
    Packer& headers(const bw_header* first, std::size_t count) {
        number(static_cast<std::uint32_t>(count));
        for (std::size_t i = 0; i < count; ++i) text(first[i].name).text(first[i].value);
        return *this;
    }
    // Begins anew, in the same memory unless that is much.
    Packer& clear() {
        begin_anew(text_);
        return *this;
    }
    const std::string& done() const { return text_; }

  private:
    std::string text_;
};

// Reads what a Packer has written, or what claims to be that: what does not fit reads as zeroes and
// empty texts, and `ok` says so.
class Unpacker {
  public:
    explicit Unpacker(std::string_view text) : rest_(text) {}

    template <typename Number>
    Number number() {
        Number value{};
        if (const auto bytes = take(sizeof(value)); !bytes.empty()) {
            std::memcpy(&value, bytes.data(), sizeof(value));
        }
        return value;
    }
    bw_str text() { return str(take(number<std::uint32_t>())); }
    std::vector<bw_header> headers() {
        std::vector<bw_header> all;
        const auto count = number<std::uint32_t>();
        for (std::uint32_t i = 0; i < count && ok_; ++i) {
            const bw_str name = text();
            all.push_back({name, text()});
        }
        return all;
    }
    bool ok() const { return ok_; }

  private:
    std::string_view take(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    std::string_view rest_;
    bool ok_ = true;
};

// How a function of the plugin ended.
struct Returned {
    bw_status status = BW_OK;
    std::uint32_t gave = 0;     // create, open: it set `out`
    std::uint32_t in_data = 0;  // end: what failed was a call_head or call_data that was held back
    std::uint32_t closed = 0;   // end: call_close has run as well, and its `result` follows
    std::int64_t wait_ms = 0;   // step
};

// Told with `head` and `data`: the host waits for the result. Without it, `end` is next.
inline constexpr std::uint32_t k_answer = 1u << 0;

}  // namespace bellwether::plugin::isolated
