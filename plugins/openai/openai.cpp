// The openai provider: OpenAI itself and, by config alone, any API that speaks its dialect, such as
// vLLM, Ollama, LM Studio, DeepSeek or OpenRouter.
#include <bellwether/openai_compatible.hpp>

namespace {

using namespace bw::openai;

constexpr Model k_models[] = {
    {"gpt-4.1", 1'047'576, 32'768, "openai"},      {"gpt-4.1-mini", 1'047'576, 32'768, "openai"},
    {"gpt-4.1-nano", 1'047'576, 32'768, "openai"}, {"gpt-4o", 128'000, 16'384, "openai"},
    {"gpt-4o-mini", 128'000, 16'384, "openai"},    {"text-embedding-3-small", 8'191, 0, "openai"},
    {"text-embedding-3-large", 8'191, 0, "openai"}};

// Only warnings: with another base_url such a key may well be the right one.
constexpr ForeignKey k_foreign_keys[] = {
    {"sk-ant-", "Anthropic", false}, {"sk-or-", "OpenRouter", false},
    {"AIza", "Google", false},       {"gsk_", "Groq", false},
    {"xai-", "xAI", false},          {"hf_", "Hugging Face", false},
    {"cr_", "HolySheep", false},     {"YOUR_", "nobody: a placeholder"}};

constexpr Api k_api = {.id = "com.openai",
                       .version = "1.0.0",
                       .vendor = "OpenAI",
                       .summary = "OpenAI, and any API that speaks its dialect",
                       .base_url = "https://api.openai.com/v1",
                       .base_url_env = "OPENAI_BASE_URL",
                       .secret_env = "OPENAI_API_KEY",
                       .foreign_keys = k_foreign_keys,
                       .models = k_models,
                       .quirks = {.key = KeyNeed::at_default_base_url, .configurable = true},
                       .images = true,
                       .speech = true,
                       .models_elsewhere = false};

}  // namespace

BW_OPENAI_COMPATIBLE(k_api)
