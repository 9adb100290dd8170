// Which models generate more than they show, learned by setting what providers report beside what
// was seen. One worker's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/estimate/reckon.hpp"

namespace bw::policy {

class Visibility {
  public:
    // `thinks`: asked to. A model may show all that it generates only until it is.
    Shows of(std::string_view provider, std::string_view model, bool thinks) const;
    // Of a complete answer, whose tokens the provider reported. It takes some answers in a row that
    // show everything until a model is believed to do so, and more once it has hidden something.
    void learn(std::string_view provider, std::string_view model, bool thinks, const Heard& heard);

  private:
    struct Seen {
        int shown_in_a_row = 0;
        bool has_hidden = false;
    };
    std::unordered_map<std::string, Seen> known_;
};

}  // namespace bw::policy
