// Cuts a body that is one JSON array into its elements, each as soon as it has come, with the
// host's checks. Part of <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bw::testing {

class ItemCutter {
  public:
    // Hands each element to `deliver`, which returns false to stop.
    template <typename Deliver>
    bool feed(std::string_view bytes, const Deliver& deliver) {
        for (const char c : bytes) {
            if (!take(c, deliver)) return false;
        }
        return true;
    }
    bool finish() {
        if (place_ == Place::end) return true;
        return fail(place_ == Place::before ? "the body has no JSON array"
                                            : "the JSON array ends early");
    }
    // Why the body is no array; empty if it is one.
    const std::string& problem() const { return problem_; }

  private:
    enum class Place { before, opened, within, after, comma, end };

    bool fail(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }
    static bool is_in(std::string_view set, char c) { return set.find(c) != set.npos; }
    static bool is_blank(char c) { return is_in(" \t\r\n", c); }

    template <typename Deliver>
    bool take(char c, const Deliver& deliver) {
        if (place_ == Place::within) return within(c, deliver);
        if (is_blank(c)) return true;
        switch (place_) {
            case Place::before:
                if (is_in("\xEF\xBB\xBF", c)) return true;
                if (c != '[') return fail("the body is not a JSON array");
                place_ = Place::opened;
                return true;
            case Place::end: return fail("the body goes on after the end of its JSON array");
            case Place::after:
                if (c != ',' && c != ']') return fail("no comma follows an element of the array");
                place_ = c == ',' ? Place::comma : Place::end;
                return true;
            default: break;
        }
        if (c == ']' && place_ == Place::opened) {
            place_ = Place::end;
            return true;
        }
        if (c == ',' || c == ']') return fail("an element of the array is missing");
        place_ = Place::within;
        return within(c, deliver);
    }

    template <typename Deliver>
    bool within(char c, const Deliver& deliver) {
        const bool in_word = depth_ == 0 && !in_text_ && !element_.empty();
        if (in_word && (is_blank(c) || c == ',' || c == ']')) {
            return give(deliver) && take(c, deliver);
        }
        element_ += c;
        if (in_text_) {
            in_text_ = c != '"' || escaped_;
            escaped_ = c == '\\' && !escaped_;
            if (in_text_) return true;
        } else if (c == '"') {
            in_text_ = true;
            return true;
        } else if (c == '{' || c == '[') {
            ++depth_;
            return true;
        } else if (c == '}' || c == ']') {
            if (depth_ > 0) --depth_;
        } else {
            return true;
        }
        return depth_ > 0 || give(deliver);
    }

    template <typename Deliver>
    bool give(const Deliver& deliver) {
        place_ = Place::after;
        const std::string element = std::exchange(element_, {});
        if (!json::valid(element)) return fail("an element of the array is no valid JSON");
        return deliver(std::string_view(element));
    }

    Place place_ = Place::before;
    std::size_t depth_ = 0;
    bool in_text_ = false;
    bool escaped_ = false;
    std::string element_;  // the one that has begun
    std::string problem_;
};

}  // namespace bw::testing
