// Which version of HTTP the host uses towards an upstream.
#pragma once

namespace bellwether {

enum class HttpVersion {
    one,        // HTTP/1.1
    automatic,  // HTTP/2 if the upstream offers it in the TLS handshake
    two,        // as automatic; over plain http, HTTP/2 without asking
};

}  // namespace bellwether
