// Asks OpenSSL about the connection of an exchange, for what libcurl does not tell. Only from
// within libcurl's callbacks, where the exchange has a connection.
#pragma once

#include <curl/curl.h>

namespace bellwether::net::tls {

bool has_unread(CURL* easy);    // bytes that OpenSSL has received, and libcurl has not read
bool speaks_http2(CURL* easy);  // as the handshake has negotiated (ALPN)

}  // namespace bellwether::net::tls
