// Changes to a text that leave the rest of it as it is, byte for byte. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai::detail {

// A stretch of a text, and what is to stand in its place.
struct Edit {
    const char* begin;
    const char* end;
    std::string replacement;
};

// In the order of the text; at one place, what is put in comes before what is taken out.
inline void sort_edits(std::vector<Edit>& edits) {
    if (edits.size() < 2) return;
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
}

// Writes `text` with the edits, sorted and without an overlap, to `out`.
inline void apply_edits(std::string_view text, const std::vector<Edit>& edits, std::string& out) {
    out.clear();
    const char* from = text.data();
    for (const Edit& edit : edits) {
        out.append(from, edit.begin).append(edit.replacement);
        from = edit.end;
    }
    out.append(from, text.data() + text.size());
}

// Takes members out of one object, each with one comma. It is told of every member, in order, from
// the quote of its key to the end of its value, and then of the end.
class MemberCuts {
  public:
    explicit MemberCuts(std::vector<Edit>& edits) : edits_(edits) {}

    void keep(const char* begin, const char* end) {
        if (first_cut_ != nullptr)
            edits_.push_back({std::exchange(first_cut_, nullptr), begin, {}});
        kept_ = true;
        previous_end_ = end;
    }
    void cut(const char* begin, const char* end) {
        if (kept_) {
            edits_.push_back({previous_end_, end, {}});
        } else if (first_cut_ == nullptr) {
            first_cut_ = begin;
        }
        previous_end_ = end;
    }
    void finish() {
        if (first_cut_ != nullptr) edits_.push_back({first_cut_, previous_end_, {}});
    }
    bool any_kept() const { return kept_; }

  private:
    std::vector<Edit>& edits_;
    const char* first_cut_ = nullptr;  // where members begin that are cut with nothing before them
    const char* previous_end_ = nullptr;
    bool kept_ = false;
};

}  // namespace bw::v1::openai::detail
