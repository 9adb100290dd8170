// Text into tokens and back: byte-pair encoding within words.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tables.hpp"

namespace parrot {

constexpr std::size_t k_word_bytes_max = 32;  // longer ones are cut, so that none takes long

namespace detail {

inline bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 128;
}
inline bool is_within_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

inline std::size_t character_bytes(std::string_view text) {
    std::size_t bytes = 1;
    while (bytes < text.size() && bytes < 4 && is_within_character(text[bytes])) ++bytes;
    return bytes;
}

}  // namespace detail

// The first word of a text that is not empty: letters with the space before them, or one character.
inline std::string_view next_word(std::string_view text) {
    const std::size_t space = text[0] == ' ' ? 1 : 0;
    std::size_t end = space;
    while (end < text.size() && end < k_word_bytes_max && detail::is_letter(text[end])) ++end;
    if (end == space) return text.substr(0, detail::character_bytes(text));
    while (end < text.size() && end > 1 && detail::is_within_character(text[end])) --end;
    return text.substr(0, end);
}

// All tokens. Constant once made.
class Vocabulary {
  public:
    Vocabulary(Span<const char*> characters, Span<Merge> merges) {
        for (int byte = 0; byte < 256; ++byte) texts_.emplace_back(1, static_cast<char>(byte));
        texts_.resize(k_first_character);
        for (const char* const character : characters) {
            characters_.emplace(character, static_cast<Token>(texts_.size()));
            texts_.emplace_back(character);
        }
        for (const Merge& merge : merges) {
            merged_.emplace(key(merge.left, merge.right), static_cast<Token>(texts_.size()));
            texts_.push_back(texts_[merge.left] + texts_[merge.right]);
        }
        for (const std::string& text : texts_) longest_ = std::max(longest_, text.size());
    }

    std::size_t size() const { return texts_.size(); }
    // Empty: it begins or ends something.
    const std::string& text(Token token) const { return texts_[token]; }

    // The most bytes that a token stands for.
    std::size_t longest() const { return longest_; }

    // One word, as next_word cuts it. The pair that was learnt first is merged first.
    std::vector<Token> encode_word(std::string_view word) const {
        std::vector<Token> tokens = characters_of(word);
        while (tokens.size() > 1) {
            auto best = merged_.end();
            for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
                const auto found = merged_.find(key(tokens[i], tokens[i + 1]));
                if (found == merged_.end()) continue;
                if (best == merged_.end() || found->second < best->second) best = found;
            }
            if (best == merged_.end()) break;
            replace(tokens, best->first, best->second);
        }
        return tokens;
    }

    // Makes `merged` of each pair `left`, `right`.
    static void replace(std::vector<Token>& tokens, Merge pair, Token merged) {
        replace(tokens, key(pair.left, pair.right), merged);
    }

  private:
    static std::uint32_t key(Token left, Token right) {
        return static_cast<std::uint32_t>(left) << 16 | right;
    }
    static void replace(std::vector<Token>& tokens, std::uint32_t pair, Token merged) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const bool here = i + 1 < tokens.size() && key(tokens[i], tokens[i + 1]) == pair;
            tokens[kept++] = here ? merged : tokens[i];
            if (here) ++i;
        }
        tokens.resize(kept);
    }
    std::vector<Token> characters_of(std::string_view word) const {
        std::vector<Token> tokens;
        while (!word.empty()) {
            const std::size_t bytes = detail::character_bytes(word);
            const auto known = characters_.find(std::string(word.substr(0, bytes)));
            if (known != characters_.end()) {
                tokens.push_back(known->second);
                word.remove_prefix(bytes);
            } else {
                tokens.push_back(static_cast<unsigned char>(word[0]));
                word.remove_prefix(1);
            }
        }
        return tokens;
    }

    std::vector<std::string> texts_;
    std::size_t longest_ = 0;
    std::unordered_map<std::string, Token> characters_;
    std::unordered_map<std::uint32_t, Token> merged_;
};

}  // namespace parrot
