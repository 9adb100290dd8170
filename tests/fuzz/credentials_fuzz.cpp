// What is read of files and endpoints for credentials: it is refused or usable, and what is told of
// a refusal is one short line without the secret. Setting: what the text is.
#include <algorithm>
#include <array>

#include "base/sha256.hpp"
#include "credentials/aws_role.hpp"
#include "credentials/credential.hpp"
#include "credentials/oauth2.hpp"
#include "credentials/service_account.hpp"
#include "credentials/told_text.hpp"
#include "fuzz.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

using namespace credentials;

constexpr std::string_view k_secret = "hunter22";

void check_line(std::string_view text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    require(std::ranges::none_of(text, control), "what is told is one line");
    require(text.size() < 1500, "what is told is short");
}

void check_told(std::string_view text) {
    require(text.find(k_secret) == text.npos, "a secret is not told");
    check_line(text);
}

void check_keys(const AwsKeys& keys) { require(fault_of(keys).empty(), "keys can sign"); }

void token_answer(std::string_view text, int status) {
    const std::array secrets{k_secret};
    const auto token = read_token_answer(status, text, secrets);
    if (!token) return check_told(token.error().what + token.error().code);
    require(fits_header(std::get<std::string>(token->value)), "a token fits a header");
    require(token->lifetime.count() > 0 && token->lifetime <= k_lifetime_max, "it has a lifetime");
}

void role_answer(std::string_view text, int status) {
    const auto token = read_role_answer(status, text, WallTime());
    if (!token) return check_line(token.error().what);
    check_keys(std::get<AwsKeys>(token->value));
    require(token->lifetime.count() > 0, "keys hold for a time");
}

void shared_file(std::string_view text) {
    const auto keys = read_shared_credentials(text, "default");
    keys ? check_keys(*keys) : check_told(keys.error());
}

void account(std::string_view text) {
    const auto read = ServiceAccount::read(text);
    if (!read) check_told(read.error());
}

void time(std::string_view text) {
    const auto read = read_rfc3339(text);
    if (read) require(!compact_time(*read).empty(), "a time is written");
}

// A URL is signed as it is, and a field of its query changes nothing else of it.
void url(std::string_view text) {
    const std::string longer = with_query(text, "key", "value");
    require(longer.size() >= text.size() + 9, "a field is added");
    const std::vector<std::string> headers{"x-a: " + std::string(text)};
    const SignedRequest request{
        .method = "GET", .url = text, .headers = headers, .body_hash = k_unsigned_payload};
    const auto added =
        sigv4_headers(request, {"id", std::string(k_secret)}, {"r", "s"}, WallTime());
    require(added.size() == 2, "a signature is made of any request");
    for (const auto& header : added) check_told(header.substr(0, 1000));
    if (!token_url_fault(text).empty()) return;
    require(text.starts_with("https://") || text.starts_with("http://"), "it is a URL");
}

void run(Input input) {
    constexpr std::array k_statuses{200, 400, 503};
    const unsigned what = input.setting(6);
    const int status = k_statuses[input.setting(k_statuses.size())];
    const std::string text(input.rest());
    switch (what) {
        case 0: return token_answer(text, status);
        case 1: return role_answer(text, status);
        case 2: return shared_file(text);
        case 3: return account(text);
        case 4: return time(text);
        default: return url(text);
    }
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
