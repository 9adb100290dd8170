#include "net/tls.hpp"

#include <openssl/ssl.h>

#include <string_view>

namespace bellwether::net::tls {

namespace {

// Null: the connection is not encrypted, or by a library that is not OpenSSL.
SSL* session_of(CURL* easy) {
    curl_tlssessioninfo* info = nullptr;
    curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info);
    if (info == nullptr || info->backend != CURLSSLBACKEND_OPENSSL) return nullptr;
    return static_cast<SSL*>(info->internals);
}

}  // namespace

bool has_unread(CURL* easy) {
    SSL* const session = session_of(easy);
    return session != nullptr && SSL_has_pending(session) == 1;
}

bool speaks_http2(CURL* easy) {
    SSL* const session = session_of(easy);
    if (session == nullptr) return false;
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(session, &name, &size);
    return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

}  // namespace bellwether::net::tls
