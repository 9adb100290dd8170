// Pieces of JSON that come one after the other, joined into what they add up to. Each piece is
// looked at once, however much came before it. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/bounds.hpp>
#include <bellwether/openai_compatible/table.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bw::v1::openai::detail {

// Appends an item to a list that has commas between its items.
inline void append_item(std::string& list, std::string_view item) {
    if (!list.empty() && !item.empty()) list += ',';
    list += item;
}

// Members of an object under construction, in order; keys and values are raw JSON.
class Members {
  public:
    // The value of `key`; made, empty, if it is new.
    std::string& operator[](std::string_view key) { return members_[key]; }
    std::size_t size() const { return members_.size(); }
    // Sets it unless the value says nothing or something is there.
    void set_once(std::string_view key, const json::Value& value) {
        if (!value || value.equals("")) return;
        std::string& slot = (*this)[key];
        if (slot.empty()) slot = value.raw();
    }
    void set(std::string_view key, const json::Value& value) {
        std::string& slot = (*this)[key];
        if (value || slot.empty()) slot = value.raw();
    }
    // Appends the inside of a string to that of the string that is there. What is no string takes
    // no other's place but that of null, and gives up its own.
    void append_string(std::string_view key, const json::Value& value) {
        std::string& slot = (*this)[key];
        const bool joins = !slot.empty() && slot.front() == '"';
        if (value.kind() != json::Kind::string && joins) return;
        if (!joins) {
            slot = value.raw();
            return;
        }
        slot.pop_back();
        slot += value.raw().substr(1);
    }
    // The text that is there is taken away.
    std::string take(std::string_view key) { return std::exchange((*this)[key], {}); }
    void clear() { members_.clear(); }
    // `"key":value` for each, with commas between.
    std::string json() const {
        std::string out;
        for (const auto& [key, value] : members_) {
            if (value.empty()) continue;
            if (!out.empty()) out += ',';
            out.append("\"").append(key).append("\":").append(value);
        }
        return out;
    }

  private:
    Table<std::string, std::string> members_;
};

// An array that comes in pieces. Parts of a text that follow each other become one.
class Parts {
  public:
    void add(const json::Value& part) {
        if (part.kind() == json::Kind::object && goes_on(part)) {
            for (const json::Member& member : part.members()) {
                if (member.raw_key() == text_member_) {
                    last_.append_string(text_member_, member.value());
                } else {
                    last_.set(member.raw_key(), member.value());
                }
            }
            return;
        }
        close();
        text_member_ = text_member(part);
        if (text_member_.empty()) {
            return append(part.raw());
        }
        for (const json::Member& member : part.members()) {
            last_.set(member.raw_key(), member.value());
        }
    }
    // A text beside the parts is one.
    void add_text(std::string_view raw) {
        if (raw.size() > 2)
            add(json::Value("{\"type\":\"text\",\"text\":" + std::string(raw) + "}"));
    }
    std::string json() {
        close();
        return "[" + done_ + "]";
    }

  private:
    static std::string_view text_member(const json::Value& part) {
        for (const std::string_view name : {"text", "summary"}) {
            if (part[name].kind() == json::Kind::string) return name;
        }
        return {};
    }
    static constexpr std::size_t k_part_members_max = 256;

    // True if the part is more of the last one: of the same type and number. What has no number
    // joins only if it is plain text.
    bool goes_on(const json::Value& part) {
        if (text_member_.empty() || text_member(part) != text_member_) return false;
        if (last_.size() > k_part_members_max) return false;
        if (last_["type"] != part["type"].raw() || last_["index"] != part["index"].raw()) {
            return false;
        }
        return part["index"] || part["type"].equals("text");
    }
    void close() {
        if (!text_member_.empty()) append("{" + last_.json() + "}");
        text_member_ = {};
        last_.clear();
    }

    void append(std::string_view part) { append_item(done_, part); }

    std::string done_;  // all parts but the last
    Members last_;
    std::string_view text_member_;  // of the last part, which may go on; empty: there is none
};

// A message, or a part of one: each member goes on in the next piece as its kind wants it. Objects
// within it are joined likewise, unless they are deeper than any that come in pieces.
class Pieces {
  public:
    void add(std::string_view key, const json::Value& value, int depth = 0) {
        if (size_ > k_members_max) return;  // whoever asks for the size refuses the whole
        const std::size_t before = members_.size();
        switch (value.kind()) {
            case json::Kind::array: add_array(key, value); break;
            case json::Kind::string: add_string(key, value); break;
            case json::Kind::object:
                if (depth < k_depth_max) {
                    add_object(key, value, depth);
                    break;
                }
                [[fallthrough]];
            default: add_other(key, value);
        }
        size_ += members_.size() - before;
    }
    // How many names it has, those of the objects within it included.
    std::size_t size() const { return size_; }
    std::string& operator[](std::string_view key) { return members_[key]; }
    // What is to stand at this place later on.
    void reserve(std::string_view key) { members_[key]; }
    std::string json() {
        for (auto& [key, parts] : arrays_) members_[key] = parts.json();
        for (auto& [key, pieces] : objects_) members_[key] = "{" + pieces.json() + "}";
        return members_.json();
    }

  private:
    static constexpr int k_depth_max = 8;

    void add_array(std::string_view key, const json::Value& value) {
        Parts* parts = arrays_.find(key);
        if (parts == nullptr) {
            parts = &arrays_[key];
            const std::string before = members_.take(key);
            if (!before.empty() && before.front() == '"') parts->add_text(before);
        }
        for (const json::Value& part : value.elements()) parts->add(part);
    }

    void add_object(std::string_view key, const json::Value& value, int depth) {
        Pieces* pieces = objects_.find(key);
        if (pieces == nullptr) {
            members_.take(key);
            pieces = &objects_[key];
        }
        const std::size_t before = pieces->size_;
        for (const json::Member& member : value.members()) {
            pieces->add(member.raw_key(), member.value(), depth + 1);
        }
        size_ += pieces->size_ - before;
    }

    void add_other(std::string_view key, const json::Value& value) {
        const std::string& there = members_[key];
        const bool text = !there.empty() && there.front() == '"';
        if (!text && arrays_.find(key) == nullptr && objects_.find(key) == nullptr) {
            members_.set(key, value);
        }
    }

    void add_string(std::string_view key, const json::Value& value) {
        if (Parts* const parts = arrays_.find(key)) return parts->add_text(value.raw());
        const bool label = key == "id" || key == "type" || key == "name" || key == "role" ||
                           key == "format" || key == "signature";
        label ? members_.set_once(key, value) : members_.append_string(key, value);
    }

    Members members_;
    Table<std::string, Parts> arrays_;
    Table<std::string, Pieces> objects_;
    std::size_t size_ = 0;
};

}  // namespace bw::v1::openai::detail
