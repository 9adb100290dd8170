#include "config/pem.hpp"

#include <fstream>
#include <string_view>

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_pem_bytes_max = 1u << 20;

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(k_pem_bytes_max, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace

std::optional<std::string> readable_fault(const fs::path& file) {
    std::error_code ignored;
    if (fs::is_regular_file(file, ignored) && std::ifstream(file)) return std::nullopt;
    return "cannot be read";
}

std::optional<std::string> certificate_fault(const fs::path& file) {
    if (auto fault = readable_fault(file)) return fault;
    if (content_of(file).find("-----BEGIN CERTIFICATE-----") != std::string::npos) return {};
    return "holds no certificate in PEM format";
}

// Nobody is there to type a passphrase.
std::optional<std::string> private_key_fault(const fs::path& file) {
    if (auto fault = readable_fault(file)) return fault;
    const std::string text = content_of(file);
    if (text.find("PRIVATE KEY-----") == std::string::npos) {
        return "holds no private key in PEM format";
    }
    if (text.find("ENCRYPTED") == std::string::npos) return std::nullopt;
    return "holds a key that is encrypted with a passphrase, which cannot be asked for";
}

}  // namespace bw::config
