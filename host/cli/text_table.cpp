#include "cli/text_table.hpp"

#include <algorithm>

#include "cli/plain_text.hpp"

namespace bw::cli {
namespace {

std::string in_one_line(std::string_view cell) {
    std::string text = plain(cell);
    std::ranges::replace(text, '\n', ' ');
    std::ranges::replace(text, '\t', ' ');
    return text;
}

// In characters: bytes that continue one are not counted.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void append(std::string& out, std::string_view cell, std::size_t width, Align align, bool last) {
    const std::string blanks(width - std::min(width, width_of(cell)), ' ');
    if (align == Align::right) out += blanks;
    out += cell;
    if (align == Align::left && !last) out += blanks;
}

void append_csv(std::string& out, std::string_view cell) {
    if (cell.find_first_of(",\"\r\n") == cell.npos) {
        out += cell;
        return;
    }
    out += '"';
    for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
    out += '"';
}

}  // namespace

std::string TextTable::text() const {
    std::vector<std::vector<std::string>> lines{{}};
    for (const Column& column : columns_) lines.front().push_back(column.title);
    for (const auto& row : rows_) {
        lines.emplace_back();
        for (const auto& cell : row) lines.back().push_back(in_one_line(cell));
    }
    std::vector<std::size_t> shown;
    std::vector<std::size_t> widths(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto says = [i](const auto& row) { return row[i] != k_nothing; };
        if (std::ranges::any_of(rows_, says)) shown.push_back(i);
        for (const auto& line : lines) widths[i] = std::max(widths[i], width_of(line[i]));
    }
    std::string out;
    for (const auto& line : lines) {
        for (const std::size_t i : shown) {
            if (i != shown.front()) out += "  ";
            append(out, line[i], widths[i], columns_[i].align, i == shown.back());
        }
        out += '\n';
    }
    return out;
}

std::string TextTable::csv() const {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += ',';
        append_csv(out, columns_[i].title);
    }
    out += "\r\n";
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ',';
            append_csv(out, row[i]);
        }
        out += "\r\n";
    }
    return out;
}

}  // namespace bw::cli
