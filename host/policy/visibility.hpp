// Which models generate more than they show, learned by setting what providers report beside what
// was seen. One worker's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/reckon.hpp"

namespace bw::policy {

class Visibility {
  public:
    // `thinks`: asked to. A model may show all that it generates only until it is.
    Shows of(std::string_view provider, std::string_view model, bool thinks) const;
    // Of a complete answer, whose tokens the provider reported. Who was seen to hide something is
    // not believed to show everything for as long as the worker lives.
    void learn(std::string_view provider, std::string_view model, bool thinks, const Heard& heard);

  private:
    std::unordered_map<std::string, Shows> known_;
};

}  // namespace bw::policy
