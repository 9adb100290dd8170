// `SideNotes` are what a plugin says beside its answer: headers for the client, and attributes for
// whoever looks into the call later. What is too much, or not allowed, is dropped.
#pragma once

#include <bellwether/provider.h>

#include <string>
#include <utility>
#include <vector>

namespace bellwether::plugin {

struct LoadedProvider;

class SideNotes {
  public:
    // A header that the provider's manifest lists in "response_headers"; of two values the last
    // one holds.
    void header(const bw_header& header, const LoadedProvider& provider);
    // Of two values with one name the last one holds.
    void attribute(const bw_attribute& attribute, const LoadedProvider& provider);

    std::string header_lines() const;  // complete lines; empty: none
    std::string attributes() const;    // a JSON object; empty: none

  private:
    using Pairs = std::vector<std::pair<std::string, std::string>>;

    static void set(Pairs& pairs, std::string name, std::string value);

    Pairs headers_;     // name, value
    Pairs attributes_;  // name, value as JSON
};

}  // namespace bellwether::plugin
