// The paths that clients see, and what each answers.
#pragma once

#include "front/answer.hpp"

namespace bw::pages {

front::Answer answer_for(const http::Request& request, const front::Context& context,
                         const config::Key* caller);

}  // namespace bw::pages
