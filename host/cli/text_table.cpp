#include "cli/text_table.hpp"

#include <algorithm>

#include "cli/terminal.hpp"

namespace bellwether::cli {
namespace {

constexpr std::size_t k_gap = 2;    // between columns
constexpr std::size_t k_least = 8;  // a column of words is not shortened below this

std::string in_one_line(std::string_view cell) {
    std::string text = plain(cell);
    std::ranges::replace(text, '\n', ' ');
    std::ranges::replace(text, '\t', ' ');
    return text;
}

// The width in characters: the bytes of UTF-8 that continue a character are not counted.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The text in at most `width` characters. If it is longer, the last of them is "…".
std::string shortened(const std::string& text, std::size_t width) {
    if (width_of(text) <= width) return text;
    std::size_t end = 0;
    for (std::size_t count = 0; count < width; ++count) {
        if (count + 1 == width) break;
        ++end;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    }
    return text.substr(0, end) + "…";
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

TextTable::Lines TextTable::lines() const {
    Lines lines{{}};
    for (const Column& column : columns_) lines.front().push_back(column.title);
    for (const auto& row : rows_) {
        lines.emplace_back();
        for (const auto& cell : row) lines.back().push_back(in_one_line(cell));
    }
    return lines;
}

std::vector<std::size_t> TextTable::shown() const {
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto says = [i](const auto& row) { return row[i] != k_nothing; };
        if (std::ranges::any_of(rows_, says)) shown.push_back(i);
    }
    return shown;
}

// Narrows columns of words until all columns fit into `width`; false: they cannot fit.
bool TextTable::shorten(const std::vector<std::size_t>& shown, std::vector<std::size_t>& widths,
                        std::size_t width) const {
    std::size_t total = k_gap * (shown.size() - 1);
    for (const std::size_t i : shown) total += widths[i];
    for (; total > width; --total) {
        std::size_t* widest = nullptr;
        for (const std::size_t i : shown) {
            const std::size_t least = std::max(k_least, width_of(columns_[i].title));
            if (columns_[i].align == Align::right || widths[i] <= least) continue;
            if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
        }
        if (widest == nullptr) return false;
        --*widest;
    }
    return true;
}

std::string TextTable::text(std::size_t width) const {
    const Lines all = lines();
    std::vector<std::size_t> whole(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        for (const auto& line : all) whole[i] = std::max(whole[i], width_of(line[i]));
    }
    std::vector<std::size_t> kept = shown();
    std::vector<std::size_t> widths = whole;
    std::string left_out;
    while (width > 0 && kept.size() > 1 && !shorten(kept, widths, width)) {
        left_out = columns_[kept.back()].title + (left_out.empty() ? "" : ", ") + left_out;
        kept.pop_back();
        widths = whole;
    }
    std::string out;
    for (const auto& line : all) {
        for (const std::size_t i : kept) {
            if (i != kept.front()) out.append(k_gap, ' ');
            append(out, shortened(line[i], widths[i]), widths[i], columns_[i].align,
                   i == kept.back());
        }
        out += '\n';
    }
    if (left_out.empty()) return out;
    std::string note = "Not shown: " + left_out + ".";
    if (note.size() > width) note = "More columns are not shown.";
    return out + note + "\n";
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

}  // namespace bellwether::cli
