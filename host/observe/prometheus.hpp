// Writes Prometheus's text format, version 0.0.4. A metric's head is written first, then its
// samples. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "observe/histogram.hpp"

namespace bellwether::observe {

struct Label {
    std::string_view name;
    std::string_view value;  // any text: it is escaped
};
using Labels = std::initializer_list<Label>;

class PrometheusText {
  public:
    static constexpr std::string_view k_content_type = "text/plain; version=0.0.4; charset=utf-8";

    // Begins a metric; what follows are its samples. `type`: counter, gauge or histogram.
    void metric(std::string_view name, std::string_view type, std::string_view help);

    void sample(Labels labels, std::uint64_t value);
    void sample(Labels labels, std::int64_t value);
    void sample(Labels labels, double value);
    void histogram(Labels labels, const Histogram& histogram);

    std::string take() { return std::move(text_); }

  private:
    void begin(std::string_view suffix, Labels labels, std::string_view bound);

    std::string text_;
    std::string name_;
};

}  // namespace bellwether::observe
