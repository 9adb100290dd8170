// What OpenSSL knows of the connection that an exchange has just now, and libcurl does not tell.
// Only from within libcurl's callbacks, where the exchange has one.
#pragma once

#include <curl/curl.h>

namespace bw::net::tls {

bool has_unread(CURL* easy);    // decrypted, or at least received, and read by nobody
bool speaks_http2(CURL* easy);  // as the handshake settled it

}  // namespace bw::net::tls
