// The messages of a chat request as a dialogue of two. Part of <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/chat/turn.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <iterator>

namespace bw::v1::chat {

namespace detail {

// The turns from one on: those of its own side only, or all; instructions are passed over.
class TurnWalk {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Turn;
    using difference_type = std::ptrdiff_t;
    using pointer = const Turn*;
    using reference = Turn;

    TurnWalk() = default;
    explicit TurnWalk(Turns::iterator at) : at_(at) { pass_over_instructions(); }

    Turn operator*() const { return *at_; }
    TurnWalk& operator++() {
        const bool assistant = (*at_).is_assistant();
        ++at_;
        pass_over_instructions();
        if (one_side_ && !done() && (*at_).is_assistant() != assistant) at_ = {};
        return *this;
    }
    TurnWalk operator++(int) {
        TurnWalk before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const TurnWalk& a, const TurnWalk& b) { return a.done() && b.done(); }
    friend bool operator!=(const TurnWalk& a, const TurnWalk& b) { return !(a == b); }

    // The same, of one side only.
    TurnWalk of_one_side() const {
        TurnWalk copy = *this;
        copy.one_side_ = true;
        return copy;
    }
    bool done() const { return at_ == Turns::iterator(); }

  private:
    void pass_over_instructions() {
        while (!done() && (*at_).is_instruction()) ++at_;
    }

    Turns::iterator at_;
    bool one_side_ = false;
};

}  // namespace detail

// Neighbouring messages of one side, for APIs where two sides take turns: what users say and what
// tools give back is one side, the assistant the other.
class Side {
  public:
    explicit Side(const detail::TurnWalk& first) : first_(first.of_one_side()) {}

    bool is_assistant() const { return (*first_).is_assistant(); }
    // Its messages, for range-for: one at least.
    detail::TurnWalk begin() const { return first_; }
    detail::TurnWalk end() const { return {}; }

  private:
    detail::TurnWalk first_;
};

// All sides in their order, for range-for; instructions are left out.
class Sides {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Side;
        using difference_type = std::ptrdiff_t;
        using pointer = const Side*;
        using reference = Side;

        iterator() = default;
        explicit iterator(Turns::iterator at) : at_(at) {}
        Side operator*() const { return Side(at_); }
        iterator& operator++() {
            const bool assistant = (*at_).is_assistant();
            while (!at_.done() && (*at_).is_assistant() == assistant) ++at_;
            return *this;
        }
        iterator operator++(int) {
            iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator& a, const iterator& b) { return a.at_ == b.at_; }
        friend bool operator!=(const iterator& a, const iterator& b) { return a.at_ != b.at_; }

      private:
        detail::TurnWalk at_;
    };

    explicit Sides(const Turns& turns) : turns_(turns) {}
    iterator begin() const { return iterator(turns_.begin()); }
    iterator end() const { return {}; }

  private:
    Turns turns_;
};

}  // namespace bw::v1::chat
