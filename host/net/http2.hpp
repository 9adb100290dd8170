// Listens to the frames of HTTP/2 streams that nghttp2 reports to libcurl, because libcurl (7.88)
// does not tell that an upstream has not looked at a request, nor that the whole answer has come
// before all of the request went. It also loses an answer that RST_STREAM(NO_ERROR) follows.
//
// libcurl registers its callbacks with nghttp2 by two functions that are defined here as well; the
// linker prefers the program's own functions to those of a library. If libcurl does not use
// nghttp2, these functions are never called, and an exchange in one of the cases above fails, as it
// would without them.
#pragma once

namespace bellwether::net {

// Must be called before the first connection is opened.
void hear_frames();

}  // namespace bellwether::net
