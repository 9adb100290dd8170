// A table for people, or as comma-separated values for programs (RFC 4180). Pure.
#pragma once

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

    // A column that says nothing but "-" is left out.
    std::string text() const;
    std::string csv() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// "-", as the table knows it.
inline constexpr std::string_view k_nothing = "-";

}  // namespace bw::cli
