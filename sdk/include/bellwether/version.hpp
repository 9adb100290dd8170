// bellwether/version.hpp - the namespace of the C++ layer: bw, with its version in every symbol, so
// that two plugins that were built with different versions of it share nothing.
#pragma once

namespace bw {

inline namespace v1 {}

}  // namespace bw

// The other headers write `namespace bw::v1`; clang wants `inline` at each of them, for which C++17
// has no such short form.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Winline-namespace-reopened-noninline"
#endif
