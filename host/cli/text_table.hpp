// A table for people, or as comma-separated values for programs (RFC 4180). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bw::cli {

enum class Align { left, right };

class TextTable {
  public:
    struct Column {
        std::string title;
        Align align = Align::right;
    };
    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // As many cells as there are columns.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    // A column that says nothing but "-" is left out. No line is wider than `width` (0: any):
    // columns of words are shortened, the widest first, and where that is not enough the last
    // columns are left out, and named below.
    std::string text(std::size_t width = 0) const;
    std::string csv() const;

  private:
    using Lines = std::vector<std::vector<std::string>>;
    Lines lines() const;
    std::vector<std::size_t> shown() const;
    bool shorten(const std::vector<std::size_t>& shown, std::vector<std::size_t>& widths,
                 std::size_t width) const;

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// "-", as the table knows it.
inline constexpr std::string_view k_nothing = "-";

}  // namespace bw::cli
