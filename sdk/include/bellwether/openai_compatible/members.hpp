// Pieces of JSON that come one after the other, joined into what they add up to. Each piece is
// looked at once, however much came before it. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::openai::detail {

inline std::string joined(const std::string& a, const std::string& b) {
    return a.empty() || b.empty() ? a + b : a + "," + b;
}

// Members of an object under construction, in order; keys and values are raw JSON.
class Members {
  public:
    // The value of `key`; made, empty, if it is new.
    std::string& operator[](std::string_view key) {
        for (auto& [name, value] : members_) {
            if (name == key) return value;
        }
        members_.emplace_back(key, "");
        return members_.back().second;
    }
    // Sets it unless the value says nothing or something is there.
    void set_once(std::string_view key, const json::Value& value) {
        if (!value || value.equals("")) return;
        std::string& slot = (*this)[key];
        if (slot.empty()) slot = value.raw();
    }
    void set(std::string_view key, const json::Value& value) {
        if (value || (*this)[key].empty()) (*this)[key] = value.raw();
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
    std::vector<std::pair<std::string, std::string>> members_;
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
    // True if the part is more of the last one: of the same type and number. What has no number
    // joins only if it is plain text.
    bool goes_on(const json::Value& part) {
        if (text_member_.empty() || text_member(part) != text_member_) return false;
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

    void append(std::string_view part) {
        if (!done_.empty()) done_ += ',';
        done_ += part;
    }

    std::string done_;  // all parts but the last
    Members last_;
    std::string_view text_member_;  // of the last part, which may go on; empty: there is none
};

// A message, or a part of one: each member goes on in the next piece as its kind wants it. Objects
// within it are joined likewise.
class Pieces {
  public:
    void add(std::string_view key, const json::Value& value) {
        switch (value.kind()) {
            case json::Kind::array: return add_array(key, value);
            case json::Kind::object: return add_object(key, value);
            case json::Kind::string: return add_string(key, value);
            default: {
                const std::string& there = members_[key];
                const bool text = !there.empty() && there.front() == '"';
                if (!text && find(arrays_, key) == nullptr && find(objects_, key) == nullptr) {
                    members_.set(key, value);
                }
            }
        }
    }
    std::string& operator[](std::string_view key) { return members_[key]; }
    // What is to stand at this place later on.
    void reserve(std::string_view key) { members_[key]; }
    std::string json() {
        for (auto& [key, parts] : arrays_) members_[key] = parts.json();
        for (auto& [key, pieces] : objects_) members_[key] = "{" + pieces.json() + "}";
        return members_.json();
    }

  private:
    template <typename Item>
    static Item* find(std::vector<std::pair<std::string, Item>>& items, std::string_view key) {
        for (auto& [name, item] : items) {
            if (name == key) return &item;
        }
        return nullptr;
    }

    void add_array(std::string_view key, const json::Value& value) {
        Parts* parts = find(arrays_, key);
        if (parts == nullptr) {
            arrays_.emplace_back(key, Parts());
            parts = &arrays_.back().second;
            const std::string before = members_.take(key);
            if (!before.empty() && before.front() == '"') parts->add_text(before);
        }
        for (const json::Value& part : value.elements()) parts->add(part);
    }

    void add_object(std::string_view key, const json::Value& value) {
        Pieces* pieces = find(objects_, key);
        if (pieces == nullptr) {
            members_.take(key);
            objects_.emplace_back(key, Pieces());
            pieces = &objects_.back().second;
        }
        for (const json::Member& member : value.members()) {
            pieces->add(member.raw_key(), member.value());
        }
    }

    void add_string(std::string_view key, const json::Value& value) {
        if (Parts* const parts = find(arrays_, key)) return parts->add_text(value.raw());
        const bool label = key == "id" || key == "type" || key == "name" || key == "role" ||
                           key == "format" || key == "signature";
        label ? members_.set_once(key, value) : members_.append_string(key, value);
    }

    Members members_;
    std::vector<std::pair<std::string, Parts>> arrays_;
    std::vector<std::pair<std::string, Pieces>> objects_;
};

}  // namespace bw::openai::detail
