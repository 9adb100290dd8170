// The frames of HTTP/2 streams, heard from nghttp2 before libcurl (7.88) hears of them. libcurl
// does not tell that an upstream has not looked at a request, nor that an answer is whole before
// the request is, and it loses an answer that is followed by RST_STREAM(NO_ERROR).
//
// libcurl hands its callbacks to nghttp2 by two functions that are defined here as well; the
// program's own come before a library's. Where libcurl does not use nghttp2 they are never called,
// and such a call fails, as it would without them.
#pragma once

namespace bw::net {

// Before the first connection is opened.
void hear_frames();

}  // namespace bw::net
