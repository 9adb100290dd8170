#include "config/stray_text.hpp"

namespace bw::config {
namespace {

constexpr std::string_view k_line_ends = "\r\n";
constexpr std::string_view k_blanks = " \t";
constexpr std::string_view k_quotes = "\"'`";

bool is_any(char c, std::string_view of) { return of.find(c) != of.npos; }

}  // namespace

std::string_view stray_text(std::string_view value) {
    if (value.empty()) return {};
    const char first = value.front();
    const char last = value.back();
    if (is_any(last, k_line_ends)) return "ends in a line end";
    if (value.find_first_of(k_line_ends) != value.npos) return "holds a line end";
    if (is_any(first, k_blanks) || is_any(last, k_blanks)) return "begins or ends with a space";
    const bool opens = is_any(first, k_quotes);
    const bool closes = is_any(last, k_quotes);
    if (opens && closes && value.size() > 1) return "stands in quotes";
    if (opens || closes) return "begins or ends with a quote";
    if (value.starts_with("\xef\xbb\xbf")) return "begins with a byte-order mark";
    return value.find_first_of(k_blanks) != value.npos ? k_inner_space : std::string_view();
}

}  // namespace bw::config
