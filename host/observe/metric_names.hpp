// The closed label sets of the metrics, which the configuration determines: no request can add to
// them, so no client can make the metrics grow. Constant, shared by all threads.
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

    // The look-up keeps views of the names, so a set is moved, never copied.
    NameSet(NameSet&&) = default;
    NameSet& operator=(NameSet&&) = default;

    // These names with their indices, and after them those of `more` that are new.
    NameSet with(const NameSet& more) const;
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

    MetricNames with(const MetricNames& more) const;
};

}  // namespace bellwether::observe
