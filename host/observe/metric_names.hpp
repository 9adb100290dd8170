// The closed label sets of the metrics, fixed at start-up: no request can add to them, so no client
// can make the metrics grow. Constant afterwards, shared by all threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bellwether::observe {

// Names with an index; 0 stands for every name that is not among them.
class NameSet {
  public:
    NameSet(std::string fallback, const std::vector<std::string>& names);

    std::uint16_t index(std::string_view name) const;
    const std::string& name(std::size_t index) const { return names_[index]; }
    std::size_t size() const { return names_.size(); }

  private:
    std::vector<std::string> names_;
    std::unordered_map<std::string_view, std::uint16_t> indices_;
};

struct MetricNames {
    NameSet routes;           // "": no route matched
    NameSet providers;        // "": none was asked
    NameSet models;           // "other": a name that is not in the catalogue
    NameSet shadows{"", {}};  // the names by which routes count copies of their calls
};

}  // namespace bellwether::observe
