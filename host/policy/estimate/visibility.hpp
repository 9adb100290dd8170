// Learns which models generate more than they show, by comparing what providers report with what
// was seen. Each worker has its own, on its thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/estimate/reckon.hpp"

namespace bellwether::policy {

class Visibility {
  public:
    // `thinks`: the call asks for thinking. Such calls are learned apart, because a model may hide
    // tokens only when it thinks.
    Shows of(std::string_view provider, std::string_view model, bool thinks) const;
    // Learns from a complete answer, if the provider reported its tokens. A model is believed to
    // show everything after a few such answers in a row, and after many more if it has hidden
    // something.
    void learn(std::string_view provider, std::string_view model, bool thinks,
               const AnswerSeen& heard);

  private:
    struct Seen {
        int shown_in_a_row = 0;
        bool has_hidden = false;
    };
    std::unordered_map<std::string, Seen> known_;
};

}  // namespace bellwether::policy
