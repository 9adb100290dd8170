// bellwether/sse.hpp - an incremental parser of server-sent events (WHATWG HTML, section 9.2):
// bytes in, cut anywhere; events out, as views into those bytes wherever that is possible.
//
// Only events with data are delivered: comments, `id`, `retry` and unknown fields are not, so a
// caller whose idle timer restarts with each event counts payload alone. Bytes that are not UTF-8
// are handed on as they came. A parser serves one stream on one thread.
//
// Two things it reads as they are meant, for there is nothing else that they could mean: data that
// begins a JSON object, or is [DONE], where a whole object or one that is cut within a string has
// come, is another event, though no blank line divides them; and a byte order mark before any line
// is none of it.
#pragma once

#include <bellwether/json/braces.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bw::v1 {

// One event. The views live until the sink that was given them returns.
struct SseEvent {
    std::string_view data;   // the data lines, joined by LF
    std::string_view event;  // its name; empty if it has none
};

namespace detail {

// Text that is borrowed for as long as possible: copied only when it must outlive its bytes or
// grow.
class SseText {
  public:
    std::string_view view() const { return owning_ ? std::string_view(owned_) : borrowed_; }
    void borrow(std::string_view text) {
        owning_ = false;
        borrowed_ = text;
    }
    void append(std::string_view text) {
        keep();
        owned_.append(text);
    }
    void keep() {
        if (owning_) return;
        owned_.assign(borrowed_);
        owning_ = true;
    }
    void clear() { borrow({}); }

  private:
    std::string_view borrowed_;
    std::string owned_;
    bool owning_ = false;
};

}  // namespace detail

// A sink is called with a `const SseEvent&` and returns nothing, or false to stop.
class SseParser {
  public:
    // Neither a line nor an event's data may be longer.
    explicit SseParser(std::size_t max_event_bytes = std::size_t{4} << 20)
        : max_(max_event_bytes) {}

    // Takes the next bytes of the stream. False if the limit was exceeded (`too_large`, for good)
    // or if the sink stopped; then `consumed` tells how many bytes were used up to the end of that
    // event, and the rest may be fed again later.
    template <typename Sink>
    bool feed(std::string_view bytes, Sink&& sink) {
        consumed_ = 0;
        if (too_large_) return false;
        const bool going = run(bytes, sink);
        // What has been borrowed from `bytes` must not be after this.
        data_.keep();
        name_.keep();
        late_name_.keep();
        return going;
    }

    // The stream has ended: delivers a last event that has data and only lacks its blank line.
    // False as of feed; if the sink stopped, another call delivers what is left.
    template <typename Sink>
    bool finish(Sink&& sink) {
        if (too_large_) return false;
        begin_ = 3;
        if (!line_.empty()) {
            const std::string last = std::exchange(line_, {});
            if (!take_line(last, false, sink)) return false;
        }
        return dispatch(sink);
    }

    // True once a line or an event was longer than the limit; nothing more is parsed.
    bool too_large() const { return too_large_; }
    // Bytes of the last feed that were used: all of them unless the sink stopped.
    std::size_t consumed() const { return consumed_; }

  private:
    static const char* find(const char* p, const char* end, char c) {
        const void* const found =
            p == end ? nullptr : std::memchr(p, c, static_cast<std::size_t>(end - p));
        return found == nullptr ? end : static_cast<const char*>(found);
    }

    template <typename Sink>
    bool run(std::string_view bytes, Sink& sink) {
        const char* p = bytes.data();
        const char* const end = p + bytes.size();
        p = skip_mark(p, end);
        if (skip_lf_ && p != end) {
            if (*p == '\n') ++p;
            skip_lf_ = false;
        }
        const char* lf = find(p, end, '\n');
        const char* cr = find(p, end, '\r');
        while (p != end) {
            if (lf < p) lf = find(p, end, '\n');
            if (cr < p) cr = find(p, end, '\r');
            const char* const stop = lf < cr ? lf : cr;
            const std::string_view part(p, static_cast<std::size_t>(stop - p));
            if (line_.size() + part.size() > max_) return refuse();
            if (stop == end) {
                line_.append(part);
                break;
            }
            p = stop + 1;
            if (stop == cr) {
                skip_lf_ = p == end;
                if (p != end && *p == '\n') ++p;
            }
            if (!line_ends(part, sink)) {
                consumed_ = static_cast<std::size_t>(p - bytes.data());
                return false;
            }
        }
        consumed_ = bytes.size();
        return true;
    }

    // Drops one byte order mark at the very beginning, even if it arrives in pieces.
    const char* skip_mark(const char* p, const char* end) {
        constexpr std::string_view k_mark = "\xEF\xBB\xBF";
        while (begin_ < k_mark.size() && p != end) {
            if (*p != k_mark[begin_]) {
                line_.assign(k_mark.substr(0, begin_));
                begin_ = k_mark.size();
                break;
            }
            ++begin_;
            ++p;
        }
        return p;
    }

    // `part` is the line's end; what came before is in line_.
    template <typename Sink>
    bool line_ends(std::string_view part, Sink& sink) {
        if (line_.empty()) return part.empty() ? dispatch(sink) : take_line(part, true, sink);
        line_.append(part);
        const bool taken = take_line(line_, false, sink);
        line_.clear();
        return taken;
    }

    // `stable`: the line may be borrowed until the end of this feed.
    template <typename Sink>
    bool take_line(std::string_view line, bool stable, Sink& sink) {
        constexpr std::string_view k_mark = "\xEF\xBB\xBF";
        if (line.substr(0, k_mark.size()) == k_mark) line.remove_prefix(k_mark.size());
        const auto colon = line.find(':');
        const std::string_view field = line.substr(0, colon);
        if (field != "data" && field != "event") return true;
        std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
        if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        if (field == "event") {
            // After data it may be the name of the next event, which lacks its blank line.
            detail::SseText& name = has_data_ ? late_name_ : name_;
            named_late_ = has_data_;
            name.borrow(value);
            if (!stable) name.keep();
            return true;
        }
        bool going = true;
        if (has_data_ && begins_anew(value)) going = dispatch_early(sink);
        take_data(value, stable);
        return (data_.view().size() <= max_ || refuse()) && going;
    }

    void take_data(std::string_view value, bool stable) {
        if (has_data_) {
            data_.append("\n");
            data_.append(value);
            braces_.feed("\n");
            braces_.feed(value);
            // The event goes on, so a name that came amid its data is its own.
            if (std::exchange(named_late_, false)) name_ = std::exchange(late_name_, {});
        } else {
            data_.borrow(value);
            if (!stable) data_.keep();
        }
        has_data_ = true;
    }

    // Only the second line of an event's data makes it count the braces of the first.
    bool begins_anew(std::string_view value) {
        if (!counted_) braces_.feed(data_.view());
        counted_ = true;
        const auto begins = [&](std::string_view text) {
            return value.substr(0, text.size()) == text;
        };
        // No string goes on in another line: what ends within one is broken.
        const bool over = braces_.complete() || braces_.in_string();
        return over && (begins("{") || begins("[DONE]") || begins("\"[DONE]"));
    }

    // An event that lacks its blank line: a name that came after its data is the next one's.
    template <typename Sink>
    bool dispatch_early(Sink& sink) {
        const bool named = std::exchange(named_late_, false);
        const bool going = dispatch(sink);
        if (named) name_ = std::exchange(late_name_, {});
        return going;
    }

    template <typename Sink>
    bool dispatch(Sink& sink) {
        bool going = true;
        if (std::exchange(named_late_, false)) name_ = std::exchange(late_name_, {});
        if (has_data_) {
            const SseEvent event{data_.view(), name_.view()};
            if constexpr (std::is_void_v<decltype(sink(event))>) {
                sink(event);
            } else {
                going = sink(event);
            }
        }
        has_data_ = false;
        if (counted_) braces_ = {};
        counted_ = false;
        data_.clear();
        name_.clear();
        return going;
    }

    bool refuse() {
        too_large_ = true;
        return false;
    }

    std::size_t max_;
    std::size_t consumed_ = 0;
    std::size_t begin_ = 0;  // bytes of a byte order mark seen so far; 3: past the beginning
    std::string line_;       // the beginning of a line whose end has not come yet
    detail::SseText data_;
    detail::SseText name_;
    detail::SseText late_name_;  // of the event at hand, or of the next
    bool named_late_ = false;
    json::Braces braces_;  // of the data, from its second line on
    bool counted_ = false;
    bool has_data_ = false;
    bool skip_lf_ = false;  // the last byte was CR: an LF that follows belongs to it
    bool too_large_ = false;
};

}  // namespace bw::v1
