// The lines of a stream, as the objects that they hold. They are server-sent events, but for an
// error in the middle: that comes as bare lines of JSON, which a reader of events passes over.
#pragma once

#include <bellwether/json/braces.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gemini {

class StreamLines {
  public:
    // Whether an object is held back that has not ended.
    bool is_cut() const { return !held_.empty(); }

    // Calls `take` with each object that the line completes, and keeps the beginning of another.
    // False: it is longer than any answer is.
    template <typename Take>
    bool feed(std::string_view line, Take&& take) {
        constexpr std::string_view k_data = "data:";
        const bool is_data = line.substr(0, k_data.size()) == k_data;
        if (is_data) {
            line.remove_prefix(k_data.size());
            if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        }
        if (held_.empty() && !begins_json(line)) return true;  // a comment, a name, [DONE]
        if (is_data != held_is_data_) drop();
        held_is_data_ = is_data;
        braces_.feed(line);
        if (held_.empty() && braces_.complete()) {
            drop();
            take(line);
            return true;
        }
        if (held_.size() + line.size() > k_bytes_max) return false;
        held_.append(line) += '\n';
        if (!braces_.complete()) return true;
        const std::string whole = std::exchange(held_, {});
        drop();
        take(std::string_view(whole));
        return true;
    }

  private:
    static constexpr std::size_t k_bytes_max = 16 << 20;

    static bool begins_json(std::string_view line) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos || line.substr(first) == "[DONE]") return false;
        return line[first] == '{' || line[first] == '[';
    }
    void drop() {
        held_.clear();
        braces_ = {};
    }

    std::string held_;
    bw::json::Braces braces_;
    bool held_is_data_ = false;
};

}  // namespace gemini
