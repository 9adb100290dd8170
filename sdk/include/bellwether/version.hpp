// bellwether/version.hpp - the namespace of the C++ layer: bw, with its version in every symbol, so
// that two plugins that were built with different versions of it share nothing.
#pragma once

namespace bw {

inline namespace v1 {}

}  // namespace bw
