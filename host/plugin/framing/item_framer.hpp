// Cuts a body that is one JSON array into its elements, each as soon as it has come. Nothing but
// white space may stand around the array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "plugin/framing/frame.hpp"

namespace bellwether::plugin {

class ItemFramer {
  public:
    bool feed(std::string_view bytes, FrameOutlet& outlet);
    bool finish(FrameOutlet& outlet);

  private:
    enum class Place : std::uint8_t {
        before,   // the array's bracket
        first,    // an element, or the end of an empty array
        element,  // within one
        after,    // one: a comma, or the end
        next,     // an element, as there was a comma
        end,      // of the array
    };
    enum class Form : std::uint8_t { nested, text, word };  // of the element

    bool between(char c, FrameOutlet& outlet);
    void begin(char c);
    std::size_t take(std::string_view bytes);
    std::size_t take_text(std::string_view bytes);
    std::size_t take_nested(std::string_view bytes);
    bool give(std::string_view element, FrameOutlet& outlet);

    Place place_ = Place::before;
    Form form_ = Form::nested;
    std::size_t depth_ = 0;
    bool in_text_ = false;
    bool escaped_ = false;
    bool whole_ = false;  // the element has ended
    std::string begun_;   // the element that has not ended yet
};

}  // namespace bellwether::plugin
