// The keys of an AWS role, which this machine or container may have: from the endpoint of the
// container's agent (ECS, EKS Pod Identity), or of the instance's metadata (IMDSv2).
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "credentials/aws_keys.hpp"
#include "credentials/token.hpp"

namespace bellwether::credentials {

inline constexpr std::string_view k_instance_metadata = "http://169.254.169.254";

// Where a container's agent gives keys.
struct ContainerRole {
    std::string url;
    std::string token;                 // for the header authorization; never printed
    std::filesystem::path token_file;  // has the token, and may change; empty: `token` holds
};

// What AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI say. Nothing:
// neither is set. A URL of another machine without TLS is refused: it would be told the token.
std::expected<std::optional<ContainerRole>, std::string> container_role(const Variables& variables);

std::shared_ptr<const TokenGiver> container_tokens(ContainerRole role);

// Where the instance's metadata are: AWS_EC2_METADATA_SERVICE_ENDPOINT, else k_instance_metadata.
// Nothing: AWS_EC2_METADATA_DISABLED is true.
std::optional<std::string> instance_metadata(const Variables& variables);

std::shared_ptr<const TokenGiver> instance_tokens(std::string metadata_url);

// The keys in an agent's answer, or what it says against it.
std::expected<Token, TokenRefusal> read_role_answer(int status, std::string_view body,
                                                    WallTime now);

// Where keys come from: static ones, or those of a role, which change.
using AwsOrigin = std::variant<AwsKeys, std::shared_ptr<const TokenGiver>>;

// The first that there is, as AWS's own tools look: variables, the shared file, the container, the
// instance. The error says what is wrong or, where there is nothing, where was looked.
std::expected<AwsOrigin, std::string> find_aws_origin(const Variables& variables,
                                                      std::string_view profile = {});

}  // namespace bellwether::credentials
