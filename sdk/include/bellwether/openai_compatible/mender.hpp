// Text that is nearly JSON, made JSON: what upstreams write that no strict reader takes. Slow, and
// only used where the text cannot be read as it is. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/bounds.hpp>
#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai {

namespace detail {

inline constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

// How many bytes at p could be the beginning of one UTF-8 character, as far as they go; at least 1.
// `cut`: the end came before anything was wrong.
inline std::size_t utf8_prefix(const char* p, const char* end, bool& cut) {
    const auto lead = static_cast<unsigned char>(*p);
    const std::size_t length = lead >= 0xF0 && lead <= 0xF4   ? 4
                               : lead >= 0xE0 && lead <= 0xEF ? 3
                               : lead >= 0xC2 && lead <= 0xDF ? 2
                                                              : 1;
    std::size_t count = 1;
    while (count < length && p + count != end && json::detail::is_continuation(p + count)) ++count;
    const auto second = count > 1 ? static_cast<unsigned char>(p[1]) : 0u;
    const bool second_fits =
        count == 1 || !((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F));
    cut = length > 1 && second_fits && count < length && p + count == end;
    return second_fits ? count : 1;
}

// Appends the inside of a string as JSON has it, and gives what may be the first half of a
// character at its very end, which is left out.
inline std::string_view append_mended(std::string& out, std::string_view inner) {
    const char* p = inner.data();
    const char* const end = p + inner.size();
    const auto rest = [&] { return std::string_view(p, static_cast<std::size_t>(end - p)); };
    while (p != end) {
        const char* const plain = json::detail::skip_plain(p, end);
        out.append(p, plain);
        p = plain;
        if (p == end) break;
        const auto byte = static_cast<unsigned char>(*p);
        if (byte == '\\') {
            if (const char* const next = json::detail::skip_escape(p, end)) {
                out.append(p, next);
                p = next;
                continue;
            }
            const int unit = end - p > 1 && p[1] == 'u' ? json::detail::hex_quad(p + 2, end) : -1;
            if (unit >= 0xD800 && unit <= 0xDBFF && p + 6 == end) return rest();
            out += unit < 0 ? "\\\\" : k_replacement;
            p += unit < 0 ? 1 : 6;
        } else if (byte < 0x80) {
            json::append_escaped(out, std::string_view(p++, 1));
        } else if (const char* const next = json::detail::skip_utf8(p, end)) {
            out.append(p, next);
            p = next;
        } else {
            bool cut = false;
            const std::size_t count = utf8_prefix(p, end, cut);
            if (cut) return rest();
            out += k_replacement;
            p += count;
        }
    }
    return {};
}

// What stands for a number that JSON has none for, or nothing if `word` is something else. Among
// logprobs it is what OpenAI says for "never".
inline std::string_view finite_word(std::string_view word, bool logprob) {
    if (!word.empty() && (word.front() == '-' || word.front() == '+')) word.remove_prefix(1);
    const bool odd =
        equal_nocase(word, "nan") || equal_nocase(word, "inf") || equal_nocase(word, "infinity");
    if (!odd) return {};
    return logprob ? "-9999.0" : "null";
}

}  // namespace detail

// Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, NaN and Infinity null, and
// what must be escaped is. In a stream, half a character at the end of a text waits for its other
// half in the next event.
class Mender {
  public:
    explicit Mender(bool in_stream) : in_stream_(in_stream) {}

    // Half a character waits: the next event must come here, too.
    bool holds() const { return !halves_.empty(); }

    // `text` mended, in `out`, which is still to be proven valid: keep() if it is.
    bool mend(std::string_view text, std::string& out) {
        out.clear();
        frames_.clear();
        choices_.clear();
        next_ = halves_;
        for (Half& half : next_) half.fresh = false;
        const char* p = json::skip_space(text.data(), text.data() + text.size());
        const char* const end = text.data() + text.size();
        bool ended = false;
        while (p != nullptr && p != end) {
            if (ended && json::skip_space(p, end) != end) return false;
            p = step(p, end, out);
            ended = frames_.empty();
        }
        return p != nullptr && ended;
    }

    // What was mended last is handed on: halves in it wait from now on.
    void keep(std::string_view mended) {
        halves_ = std::move(next_);
        std::shared_ptr<const std::string> head;
        for (Half& half : halves_) {
            if (half.head != nullptr) continue;
            if (head == nullptr) head = std::make_shared<const std::string>(head_of(mended));
            half.head = head;
        }
    }

    // Chunks with a replacement for each half whose choice has gone on without the other half;
    // `all`: and for all others.
    std::vector<std::string> take_lost(bool all = false) {
        std::vector<std::string> chunks;
        const auto lost = [&](const Half& half) {
            const bool went_on =
                std::find(choices_.begin(), choices_.end(), half.choice) != choices_.end();
            if (!all && !half.lost && (half.fresh || !went_on)) return false;
            if (!half.member.empty()) chunks.push_back(chunk_of(half));
            return true;
        };
        halves_.erase(std::remove_if(halves_.begin(), halves_.end(), lost), halves_.end());
        return chunks;
    }

  private:
    static constexpr std::size_t k_halves_max = 64;
    static constexpr std::size_t k_name_bytes_max = 64;  // of a member that a half is told of

    // A container that is open.
    struct Frame {
        bool object;
        bool key_next;
        std::string_view key = {};
        std::size_t position = 0;
        std::int64_t index = -1;       // its member "index"
        std::uint64_t place = 0;       // where it stands
        bool within_logprobs = false;  // it stands in a member of such a name
    };
    struct Half {
        std::uint64_t place;  // of the text that it ends
        std::int64_t choice;
        std::string member;  // of the delta; "text" of a completion; empty: somewhere deeper
        bool in_delta;
        std::string bytes;
        std::shared_ptr<const std::string> head;  // members of a chunk like the one it came in
        bool fresh;                               // it came in the event that was mended last
        bool lost = false;                        // the text has gone on with something else

        bool goes_on_with(std::string_view inner) const {
            if (bytes.front() != '\\') return json::detail::is_continuation(inner.data());
            const char* const end = inner.data() + inner.size();
            const int unit =
                inner.substr(0, 2) == "\\u" ? json::detail::hex_quad(inner.data() + 2, end) : -1;
            return unit >= 0xDC00 && unit <= 0xDFFF;
        }
    };

    const char* step(const char* p, const char* end, std::string& out) {
        switch (*p) {
            case '"': return take_string(p, end, out);
            case '{':
            case '[':
                if (frames_.size() == static_cast<std::size_t>(json::k_nesting_default)) {
                    return nullptr;
                }
                enter(*p == '{');
                break;
            case '}':
            case ']':
                if (frames_.empty()) return nullptr;
                if (is_choice() && choices_.size() <= k_choices_max) {
                    choices_.push_back(number_of(frames_[2]));
                }
                frames_.pop_back();
                break;
            case ',':
                if (frames_.empty()) return nullptr;
                frames_.back().key_next = frames_.back().object;
                ++frames_.back().position;
                break;
            default: return take_word(p, end, out);
        }
        out += *p;
        return p + 1;
    }

    const char* take_word(const char* p, const char* end, std::string& out) {
        const char* stop = p;
        while (stop != end && (detail::is_alnum(*stop) || *stop == '-' || *stop == '+')) ++stop;
        if (stop == p) {  // a colon, a point, white space
            out += *p;
            return p + 1;
        }
        const std::string_view word(p, static_cast<std::size_t>(stop - p));
        const std::string_view finite = detail::finite_word(word, in_logprobs());
        out += finite.empty() ? word : finite;
        if (!frames_.empty() && frames_.back().key == "index") {
            frames_.back().index = json::Value(word).integer().value_or(-1);
        }
        return stop;
    }

    const char* take_string(const char* p, const char* end, std::string& out) {
        const char* stop = p + 1;
        while (stop != end && *stop != '"') stop += *stop == '\\' && end - stop > 1 ? 2 : 1;
        if (stop == end) return nullptr;
        const std::string_view inner(p + 1, static_cast<std::size_t>(stop - p) - 1);
        out += '"';
        if (!frames_.empty() && frames_.back().key_next) {
            frames_.back().key = inner;
            frames_.back().key_next = false;
            if (!detail::append_mended(out, inner).empty()) out += detail::k_replacement;
        } else {
            take_text(inner, out);
        }
        out += '"';
        return stop + 1;
    }

    void take_text(std::string_view inner, std::string& out) {
        if (!is_joined()) {
            if (!detail::append_mended(out, inner).empty()) out += detail::k_replacement;
            return;
        }
        const std::uint64_t place = place_within();
        std::string joined;
        const auto half = std::find_if(next_.begin(), next_.end(),
                                       [&](const Half& h) { return h.place == place; });
        if (half != next_.end()) {
            if (inner.empty()) return;
            if (half->goes_on_with(inner)) {
                joined.append(half->bytes).append(inner);
                inner = joined;
                next_.erase(half);
            } else {
                half->lost = true;
            }
        }
        const std::string_view rest = detail::append_mended(out, inner);
        if (rest.empty()) return;
        if (next_.size() == k_halves_max) {
            out += detail::k_replacement;
            return;
        }
        const bool in_delta = frames_.size() > 3;
        const std::string_view key = frames_.back().key;
        const bool told = frames_.size() <= 4 && key.size() <= k_name_bytes_max;
        next_.push_back({place, number_of(frames_[2]), std::string(told ? key : ""), in_delta,
                         std::string(rest), nullptr, true});
    }

    bool in_choice() const { return frames_.size() >= 3 && frames_[0].key == "choices"; }
    bool is_choice() const { return in_choice() && frames_.size() == 3; }

    // The text at hand goes on in the next event.
    bool is_joined() const {
        if (!in_stream_ || !in_choice()) return false;
        const std::string_view key = frames_.back().key;
        if (frames_.size() == 3) return key == "text";
        return frames_[2].key == "delta" && key != "id" && key != "name" && key != "type" &&
               key != "role";
    }

    static std::int64_t number_of(const Frame& frame) { return frame.index < 0 ? 0 : frame.index; }

    // Each container keeps what it needs to know of those around it, so that no value costs more
    // the deeper it stands, or the longer the names are that lead to it.
    void enter(bool object) {
        Frame inner{object, object};
        inner.place = place_within();
        inner.within_logprobs = in_logprobs();
        frames_.push_back(inner);
    }

    // A number for the keys and indexes that lead to the value at hand, from its choice on.
    std::uint64_t place_within() const {
        constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15;
        if (!in_stream_ || frames_.size() < 3) return 0;
        const Frame& frame = frames_.back();
        const std::int64_t index = is_choice() ? number_of(frame) : frame.index;
        std::uint64_t place = (frame.place ^ static_cast<std::uint64_t>(index)) * k_odd;
        place = (place ^ place >> 32 ^ std::hash<std::string_view>()(frame.key)) * k_odd;
        return place ^ place >> 32;
    }

    bool in_logprobs() const {
        return !frames_.empty() && (frames_.back().within_logprobs ||
                                    frames_.back().key.find("logprob") != std::string_view::npos);
    }

    static std::string head_of(std::string_view chunk) {
        constexpr std::array<std::string_view, 4> k_keys = {"id", "object", "created", "model"};
        constexpr std::size_t k_value_bytes_max = 256;
        std::array<std::string_view, k_keys.size()> values;
        for (const json::Member& member : json::Value(chunk).members()) {
            const std::string_view raw = member.value().raw();
            if (!member.value() || raw.size() > k_value_bytes_max) continue;
            for (std::size_t i = 0; i < k_keys.size(); ++i) {
                if (values[i].empty() && member.key_is(k_keys[i])) values[i] = raw;
            }
        }
        std::string head = "{";
        for (std::size_t i = 0; i < k_keys.size(); ++i) {
            if (values[i].empty()) continue;
            head.append("\"").append(k_keys[i]).append("\":").append(values[i]).append(",");
        }
        return head;
    }

    static std::string chunk_of(const Half& half) {
        std::string text = "\"" + half.member + "\":\"";
        text.append(detail::k_replacement).append("\"");
        if (half.in_delta) text = "\"delta\":{" + text + "}";
        return *half.head + "\"choices\":[{\"index\":" + std::to_string(half.choice) + "," + text +
               ",\"finish_reason\":null}]}";
    }

    bool in_stream_;
    std::vector<Frame> frames_;
    std::vector<std::int64_t> choices_;  // that the event at hand tells of
    std::vector<Half> halves_;
    std::vector<Half> next_;  // as they will be once the event is handed on
};

}  // namespace bw::v1::openai
