// The azure provider: Azure OpenAI and Microsoft Foundry, where the model of a request is the name
// of a deployment.
#include <bellwether/openai_compatible.hpp>

namespace {

using namespace bw::openai;

constexpr ForeignKey k_foreign_keys[] = {
    {"sk-ant-", "Anthropic"}, {"sk-proj-", "OpenAI"}, {"YOUR_", "nobody: a placeholder"}};

constexpr Credential k_credentials[] = {
    {"entra",
     R"("kind":"oauth2-client-credentials","place":"body","id":"client_id",)"
     R"("secret":"client_secret",)"
     R"("id_env":"AZURE_CLIENT_ID","env":"AZURE_CLIENT_SECRET","scope":"{scope}",)"
     R"("token_url":"{authority}/{tenant_id}/oauth2/v2.0/token")",
     "tenant_id", "Entra ID token", "tenant_id, client_id and client_secret of an Entra ID app"}};

constexpr ErrorRule k_error_rules[] = {{BW_E_NOT_FOUND, 0, "DeploymentNotFound"},
                                       {BW_E_UNSUPPORTED, 0, "OperationNotSupported"},
                                       {BW_E_AUTH, 0, "PermissionDenied"},
                                       {BW_E_CONTENT_FILTER, 0, "ResponsibleAIPolicyViolation"},
                                       {BW_E_RATE, 0, "NoCapacity"}};

constexpr Api k_api = {
    .id = "com.microsoft.azure.openai",
    .version = "1.0.0",
    .vendor = "Azure",
    .summary = "Azure OpenAI and Microsoft Foundry: models are deployments",
    .base_url = "https://{resource}.openai.azure.com",
    .base_url_env = "AZURE_OPENAI_ENDPOINT",
    .secret_env = "AZURE_OPENAI_API_KEY",
    .key_header = "api-key",
    .credentials = k_credentials,
    .versions = {"api_version", "v1", "/openai/deployments/{model}", "?api-version="},
    .options =
        R"("resource":{"type":"string","help":"its name, in place of base_url"},)"
        R"("api_version":{"type":"string","default":"v1","help":"v1, or a date: 2024-10-21"},)"
        R"("tenant_id":{"type":"string","help":"of Entra ID, in place of api_key"},)"
        R"("authority":{"type":"string","default":"https://login.microsoftonline.com"},)"
        R"("scope":{"type":"string","default":"https://cognitiveservices.azure.com/.default"})",
    .foreign_keys = k_foreign_keys,
    .error_rules = k_error_rules,
    .quirks = {.path_prefix = "/openai/v1"},
    .images = true,
    .speech = true,
    .lists_models = false};

}  // namespace

BW_OPENAI_COMPATIBLE(k_api)
