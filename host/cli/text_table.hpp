// A table for people, or as comma-separated values for programs (RFC 4180). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether::cli {

enum class Align { left, right };

class TextTable {
  public:
    struct Column {
        std::string title;
        Align align = Align::right;
    };
    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // Adds a row, which must have as many cells as there are columns.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    // The table for people. A column with nothing but "-" is left out. To fit into `width` (0: no
    // limit), columns of words are shortened, the widest first. If that is not enough, the last
    // columns are left out and named below; a single column that remains is never shortened.
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

// The cell of a missing value; text() leaves out a column of such cells.
inline constexpr std::string_view k_nothing = "-";

}  // namespace bellwether::cli
