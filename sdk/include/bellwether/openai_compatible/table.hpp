// Items that are found by a key. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace bw::v1::openai::detail {

// Items in the order in which they came: found by looking through them while they are as few as in
// ordinary answers, and by an index once they are more, so that an answer of many costs no more
// than its length.
template <typename Key, typename Item>
class Table {
  public:
    // nullptr: there is none.
    template <typename Name>
    Item* find(const Name& name) {
        if (items_.size() > k_few) {
            const auto found = index_.find(name);
            return found == index_.end() ? nullptr : &items_[found->second].second;
        }
        for (auto& [key, item] : items_) {
            if (key == name) return &item;
        }
        return nullptr;
    }
    // Made if it is new.
    template <typename Name>
    Item& operator[](const Name& name) {
        if (Item* const known = find(name)) return *known;
        items_.emplace_back(Key(name), Item());
        if (items_.size() > k_few) {
            for (std::size_t i = index_.size(); i < items_.size(); ++i) {
                index_.emplace(items_[i].first, i);
            }
        }
        return items_.back().second;
    }
    std::size_t size() const { return items_.size(); }
    void clear() {
        items_.clear();
        index_.clear();
    }

    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

  private:
    static constexpr std::size_t k_few = 16;

    std::vector<std::pair<Key, Item>> items_;
    std::map<Key, std::size_t, std::less<>> index_;  // of all of them, or empty
};

}  // namespace bw::v1::openai::detail
