// What train.cpp learns from text.txt and writes as source; the plugin holds it as constants.
// Integers only, so that the same text gives the same tables with any compiler.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parrot {

// The first 256 tokens are bytes, then these two; then the text's characters of more than one byte,
// then what each merge makes.
using Token = std::uint16_t;
constexpr Token k_end = 256;    // a paragraph, turn or prompt is over
constexpr Token k_begin = 257;  // one begins; never said
constexpr Token k_first_character = 258;

constexpr std::size_t k_order = 4;  // a token is predicted from at most three

// Values that lie in a row, and are somebody else's.
template <typename T>
struct Span {
    const T* data = nullptr;
    std::size_t size = 0;

    const T* begin() const { return data; }
    const T* end() const { return data + size; }
    const T& operator[](std::size_t index) const { return data[index]; }
};

// Two tokens that stand side by side so often that they became one.
struct Merge {
    Token left;
    Token right;
};

// A run of tokens, by its last one: those before it are its parents. `count` is how often the
// longest runs occurred; of a shorter one it is after how many different tokens it did, as Kneser
// and Ney count, or how often if it begins a paragraph.
struct Gram {
    Token last;
    std::uint32_t count;
    std::uint32_t children;  // where those with one token more begin; they end where the next's do
};

struct Tables {
    Span<const char*> characters;
    Span<Merge> merges;
    Span<Gram> grams[k_order];  // by length; each sorted by its tokens
    std::uint64_t fingerprint;  // of all of it
};

}  // namespace parrot
