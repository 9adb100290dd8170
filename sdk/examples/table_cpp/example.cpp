#include <bellwether/openai_compatible.hpp>

namespace {

constexpr bw::openai::Model k_models[] = {{"example-large", 131'072, 8'192}};

// An account without money: a code that only this vendor has.
constexpr bw::openai::ErrorRule k_error_rules[] = {{BW_E_QUOTA, 403, "wallet_empty"}};

constexpr bw::openai::Api k_api = {.id = "com.example",
                                   .version = "1.0.0",
                                   .vendor = "Example",
                                   .summary = "Example's models",
                                   .base_url = "https://api.example.com/v1",
                                   .secret_env = "EXAMPLE_API_KEY",
                                   .models = k_models,
                                   .error_rules = k_error_rules,
                                   .quirks = {.base64_embeddings = false}};

}  // namespace

BW_OPENAI_COMPATIBLE(k_api)
