#include "observe/prometheus.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

namespace bellwether::observe {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
}

// The duration in seconds, exact and without needless zeros: 250 us is "0.00025".
std::string seconds(std::chrono::microseconds duration) {
    const std::int64_t count = duration.count();
    std::string text = fmt::format("{}.{:06}", count / 1'000'000, count % 1'000'000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace

void PrometheusText::metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ");
    append_escaped(text_, help, false);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void PrometheusText::begin(std::string_view suffix, Labels labels, std::string_view bound) {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [name, value] : labels) {
        text_ += before;
        text_.append(name).append("=\"");
        append_escaped(text_, value, true);
        text_ += '"';
        before = ',';
    }
    if (!bound.empty()) {
        text_ += before;
        text_.append("le=\"").append(bound).append("\"");
        before = ',';
    }
    if (before == ',') text_ += '}';
    text_ += ' ';
}

void PrometheusText::sample(Labels labels, std::uint64_t value) {
    begin("", labels, "");
    fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{}\n"), value);
}

void PrometheusText::sample(Labels labels, std::int64_t value) {
    begin("", labels, "");
    fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{}\n"), value);
}

void PrometheusText::sample(Labels labels, double value) {
    begin("", labels, "");
    fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{}\n"), value);
}

void PrometheusText::histogram(Labels labels, const Histogram& histogram) {
    std::uint64_t below = 0;
    const auto bounds = histogram.bounds();
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
        below += histogram.bucket(i);
        begin("_bucket", labels, i < bounds.size() ? seconds(bounds[i]) : "+Inf");
        fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{}\n"), below);
    }
    begin("_sum", labels, "");
    text_.append(seconds(histogram.sum())).append("\n");
    begin("_count", labels, "");
    fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{}\n"), below);
}

}  // namespace bellwether::observe
