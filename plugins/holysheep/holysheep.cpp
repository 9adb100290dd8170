// The holysheep provider: HolySheep AI, a gateway to Qwen and other vendors' models. It hands on
// the errors of the model's vendor and takes its words, so the rules here are Qwen's.
#include <bellwether/openai_compatible.hpp>
#include <bellwether/qwen/bounds.hpp>
#include <bellwether/qwen/errors.hpp>

namespace {

using namespace bw::openai;

constexpr Model k_models[] = {{"qwen-max", 32'768, 8'192, "alibaba"},
                              {"qwen-plus", 131'072, 8'192, "alibaba"},
                              {"qwen-turbo", 131'072, 16'384, "alibaba"},
                              {"qwen-flash", 1'000'000, 32'768, "alibaba"},
                              {"qwen3-max", 262'144, 65'536, "alibaba"},
                              {"qwen3.5-plus", 1'000'000, 65'536, "alibaba"},
                              {"qwen3.6-plus", 1'000'000, 65'536, "alibaba"},
                              {"qwen3-235b-a22b", 131'072, 16'384, "alibaba", true},
                              {"qwen3-32b", 131'072, 16'384, "alibaba", true},
                              {"gpt-4.1", 1'047'576, 32'768, "openai"},
                              {"claude-sonnet-4.5", 200'000, 64'000, "anthropic"},
                              {"gemini-2.5-flash", 1'048'576, 65'536, "google"},
                              {"deepseek-v3.2", 131'072, 8'192, "deepseek"}};

constexpr ForeignKey k_foreign_keys[] = {{"sk-ant-", "Anthropic"},
                                         {"sk-proj-", "OpenAI"},
                                         {"sk-svcacct-", "OpenAI"},
                                         {"sk-or-", "OpenRouter"},
                                         {"AIza", "Google"},
                                         {"gsk_", "Groq"},
                                         {"xai-", "xAI"},
                                         {"hf_", "Hugging Face"},
                                         {"YOUR_", "nobody: a placeholder"},
                                         {"sk-", "OpenAI-style vendor", false}};

// Where the models of the table that think unless told are not told so: see their quirk.
bool thinks_unasked(const bw::Request& request) {
    if (request.stream()) return true;
    for (const Model& model : k_models) {
        if (model.id == request.model()) return !model.stream_only;
    }
    return true;
}

bw::Bounds bounds(const bw::Request& request) {
    return bw::qwen::bounds(request, thinks_unasked(request));
}

constexpr Api k_api = {.id = "ai.holysheep",
                       .version = "1.0.0",
                       .vendor = "HolySheep",
                       .summary = "HolySheep AI: Qwen and other vendors' models behind one key",
                       .base_url = "https://api.holysheep.ai/v1",
                       .base_url_env = "HOLYSHEEP_BASE_URL",
                       .secret_env = "HOLYSHEEP_API_KEY",
                       .foreign_keys = k_foreign_keys,
                       .models = k_models,
                       .error_rules = bw::qwen::k_error_rules,
                       .quirks = {.developer_role = false,
                                  .base64_embeddings = false,
                                  .default_enable_thinking_false = true},
                       .continues_with = "partial",
                       .bounds = bounds};

}  // namespace

BW_OPENAI_COMPATIBLE(k_api)
