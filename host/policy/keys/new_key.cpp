#include "policy/keys/new_key.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "config/key_form.hpp"

namespace bellwether::policy {
namespace {

constexpr std::size_t k_id_letters = 10;
constexpr std::size_t k_secret_letters = 40;  // of 5 bits each

static_assert(config::k_key_alphabet.size() == 32,
              "each letter takes five bits, none twice as often");
static_assert(k_id_letters >= config::k_key_id_min && k_id_letters <= config::k_key_id_max);

}  // namespace

std::expected<NewKey, std::string> new_key() {
    std::array<unsigned char, k_id_letters + k_secret_letters> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return std::unexpected(
            fmt::format("the system gives no random numbers: {}", std::strerror(errno)));
    }
    std::string letters;
    for (const unsigned char byte : bytes) letters += config::k_key_alphabet[byte % 32];
    NewKey key{.id = letters.substr(0, k_id_letters), .text = {}};
    key.text = fmt::format("{}{}-{}", config::k_key_prefix, key.id, letters.substr(k_id_letters));
    return key;
}

}  // namespace bellwether::policy
