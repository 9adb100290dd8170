// What the fuzz targets share: rules that end the process, and settings read from the input's
// beginning. A target is one function of bytes, so each runs under libFuzzer and in replay.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

// A rule that holds whatever the input is. Breaking it ends the process, which a fuzzer takes for
// a crash and a test for a failure.
inline void require(bool rule, std::string_view what) {
    if (rule) return;
    std::fprintf(stderr, "broken rule: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

// The input: settings of the run first, one byte each, then the text under test. The settings of a
// seed are written as letters.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size)
        : rest_(reinterpret_cast<const char*>(data), size) {}

    // The next setting, below `end`; letters count from A as 0.
    unsigned setting(unsigned end) {
        if (rest_.empty()) return 0;
        const unsigned byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return (byte + 256 - 'A') % 256 % end;
    }
    std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
};

// The text in parts of `bytes` each; 0: in one.
inline std::vector<std::string_view> cut(std::string_view text, std::size_t bytes) {
    std::vector<std::string_view> parts;
    while (bytes != 0 && text.size() > bytes) {
        parts.push_back(text.substr(0, bytes));
        text.remove_prefix(bytes);
    }
    parts.push_back(text);
    return parts;
}

// A part where the sanitizer sees a read past its end.
class Fenced {
  public:
    explicit Fenced(std::string_view text) : bytes_(text.begin(), text.end()) {
        bytes_.shrink_to_fit();
    }
    std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

  private:
    std::vector<char> bytes_;
};

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
