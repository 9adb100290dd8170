// Cuts bodies as the host does. Part of <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/sse.hpp>
#include <bellwether/testing/aws_stream.hpp>
#include <bellwether/testing/json_items.hpp>
#include <bellwether/testing/services.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {

// Cuts a body as the host does and hands each frame to `deliver`, which returns false to stop.
template <typename Deliver>
class Framer {
  public:
    // `chosen`: the plugin has said how the body of this very answer is cut.
    Framer(std::uint32_t frame, std::uint32_t status, bool chosen, Deliver deliver)
        : frame_(frame),
          ok_(chosen || (status >= 200 && status < 300)),
          deliver_(std::move(deliver)) {
        if (!ok_) frame_ = BW_FRAME_WHOLE;
    }

    bool feed(std::string_view bytes) {
        if (frame_ == BW_FRAME_SSE && !sniffed_) {
            const auto first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
            if (first == std::string_view::npos) return true;
            sniffed_ = true;
            bytes.remove_prefix(first);
            if (bytes.front() == '{' || bytes.front() == '[') frame_ = BW_FRAME_WHOLE;
        }
        switch (frame_) {
            case BW_FRAME_RAW: return bytes.empty() || send(BW_FRAME_RAW, bytes, {});
            case BW_FRAME_SSE:
                return parser_.feed(bytes,
                                    [this](const SseEvent& event) { return send_event(event); });
            case BW_FRAME_LINE: return lines(bytes);
            case BW_FRAME_AWS:
                return aws_.feed(bytes, [this](const AwsMessage& told) { return send(told); });
            case BW_FRAME_ITEM:
                return items_.feed(bytes, [this](std::string_view element) {
                    return send(BW_FRAME_ITEM, element, {});
                });
            default: held_.append(bytes); return true;
        }
    }

    bool finish() {
        constexpr std::size_t k_error_bytes_max = 64 << 10;
        if (frame_ == BW_FRAME_LINE) return lines("\n");
        if (frame_ == BW_FRAME_SSE) {
            return parser_.finish([this](const SseEvent& event) { return send_event(event); });
        }
        if (frame_ == BW_FRAME_RAW) return true;
        if (frame_ == BW_FRAME_AWS) return aws_.finish();
        if (frame_ == BW_FRAME_ITEM) return items_.finish();
        if (!ok_ && held_.size() > k_error_bytes_max) held_.resize(k_error_bytes_max);
        return send(BW_FRAME_WHOLE, held_, {});
    }

    // Why the body cannot be cut: the host then fails the attempt. Empty: it can.
    const std::string& problem() const {
        return aws_.problem().empty() ? items_.problem() : aws_.problem();
    }

  private:
    bool lines(std::string_view bytes) {
        for (const char c : bytes) {
            if (c != '\n') {
                held_ += c;
                continue;
            }
            if (!held_.empty() && held_.back() == '\r') held_.pop_back();
            const std::string line = std::exchange(held_, {});
            if (!line.empty() && !send(BW_FRAME_LINE, line, {})) return false;
        }
        return true;
    }
    bool send_event(const SseEvent& event) {
        return event.data.empty() || send(BW_FRAME_SSE, event.data, event.event);
    }
    bool send(const AwsMessage& told) {
        std::vector<bw_header> headers;
        for (const auto& [name, value] : told.headers) {
            headers.push_back({detail::to_str(name), detail::to_str(value)});
        }
        return send(BW_FRAME_AWS, told.payload, told.event(), headers);
    }
    bool send(std::uint32_t kind, std::string_view data, std::string_view event,
              const std::vector<bw_header>& headers = {}) {
        bw_frame frame = {};
        frame.size = sizeof frame;
        frame.kind = kind;
        frame.data = detail::to_str(data);
        frame.event = detail::to_str(event);
        frame.headers = headers.data();
        frame.header_count = headers.size();
        return deliver_(frame);
    }

    std::uint32_t frame_;
    bool ok_;
    bool sniffed_ = false;
    std::string held_;
    SseParser parser_;
    AwsCutter aws_;
    ItemCutter items_;
    Deliver deliver_;
};

}  // namespace bw::testing
