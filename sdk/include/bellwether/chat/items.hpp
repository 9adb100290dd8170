// Walks over the items of a request. Part of <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/json/value.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

namespace bw::v1::chat::detail {

inline constexpr std::size_t k_nowhere = static_cast<std::size_t>(-1);

// Where an item stands: which message, and which of the items within it.
struct Place {
    std::size_t message = k_nowhere;  // k_nowhere: it is in no message
    std::size_t item = k_nowhere;     // k_nowhere: it is the member itself, not an element of it
};

// "messages[3].content[0]" of a place and the name of the list.
inline std::string path_of(const Place& place, std::string_view list) {
    std::string path;
    if (place.message != k_nowhere) path = "messages[" + std::to_string(place.message) + "].";
    path += list;
    if (place.item != k_nowhere) path += "[" + std::to_string(place.item) + "]";
    return path;
}

// The elements of an array, each as an Item that is made of the element and its place. What is
// there and no array is one item of its own: some members are a single thing or a list of them.
template <typename Item>
class Items {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using pointer = const Item*;
        using reference = Item;

        iterator() = default;
        iterator(const json::Value& list, std::size_t message) : place_{message, k_nowhere} {
            if (list.kind() == json::Kind::array) {
                at_ = list.elements().begin();
                place_.item = 0;
            } else if (list) {
                single_ = list;
            }
        }
        Item operator*() const { return Item(single_ ? single_ : *at_, place_); }
        iterator& operator++() {
            if (single_) {
                single_ = {};
            } else {
                ++at_;
                ++place_.item;
            }
            return *this;
        }
        iterator operator++(int) {
            iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator& a, const iterator& b) {
            return a.done() && b.done();
        }
        friend bool operator!=(const iterator& a, const iterator& b) { return !(a == b); }

      private:
        bool done() const { return !single_ && at_ == json::Elements::iterator(); }

        json::Elements::iterator at_;
        json::Value single_;
        Place place_;
    };

    Items(const json::Value& list, std::size_t message) : list_(list), message_(message) {}

    iterator begin() const { return iterator(list_, message_); }
    iterator end() const { return {}; }
    bool empty() const { return begin() == end(); }

  private:
    json::Value list_;
    std::size_t message_;
};

}  // namespace bw::v1::chat::detail
