// `Token` is what an endpoint gives for a credential, for a time. How one is got is a talk:
// requests and their answers, one after the other. A talk is pure; who sends its requests is
// TokenDesk.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "credentials/sigv4.hpp"

namespace bellwether::credentials {

// A bearer token (never printed), or the keys of a role.
using TokenValue = std::variant<std::string, AwsKeys>;

struct Token {
    TokenValue value;
    std::chrono::seconds lifetime{};  // from the moment at which it came
};

struct TokenRequest {
    std::string method = "POST";
    std::string url;
    std::vector<std::string> headers;  // "name: value"
    std::string body;
};

// Why a token was not given.
struct TokenRefusal {
    std::string what;  // for the operator, without a secret: continues "the token endpoint ..."
    std::string code;  // the endpoint's own word, such as "invalid_grant"; empty: none
    bool may_pass = false;  // the same request may succeed soon
    int status = 0;         // with which it was answered; 0: it was not
    std::string endpoint;   // scheme and host; whoever sends the requests adds it
};

// What follows an answer: another request, or the token.
using TokenStep = std::variant<TokenRequest, Token>;

// One way to a token, from the first request on. Used once, while the giver that began it is there.
class TokenTalk {
  public:
    virtual ~TokenTalk() = default;
    virtual std::expected<TokenRequest, TokenRefusal> begin() = 0;
    virtual std::expected<TokenStep, TokenRefusal> answered(int status, std::string_view body) = 0;
};

// Begins talks. Constant: any worker may call it at any time.
class TokenGiver {
  public:
    virtual ~TokenGiver() = default;
    virtual std::unique_ptr<TokenTalk> talk() const = 0;
};

}  // namespace bellwether::credentials
