// Where AWS's own tools look for keys: variables and the shared credentials file. The roles of
// containers and instances are in aws_role.hpp.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "credentials/sigv4.hpp"

namespace bellwether::credentials {

// Gives the value of a variable of the environment; nothing, or an empty text: it is not set.
using Variables = std::function<std::optional<std::string>(const char* name)>;

// Those of this process.
Variables process_variables();

// The keys of a profile, of the text of a shared credentials file. The error is a sentence's end
// after "the shared credentials file ..." and repeats nothing of the text.
std::expected<AwsKeys, std::string> read_shared_credentials(std::string_view text,
                                                            std::string_view profile);

// What is wrong with keys, as the end of a sentence; empty: they can sign. It repeats no secret.
std::string fault_of(const AwsKeys& keys);

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Nothing: none of them is set.
std::expected<std::optional<AwsKeys>, std::string> keys_of_environment(const Variables& variables);

// The file that AWS_SHARED_CREDENTIALS_FILE names, else ~/.aws/credentials, with the profile
// `profile`, else AWS_PROFILE, else "default". Nothing: nobody named a file or a profile, and the
// usual file is not there or has no "default". The file is read now; one that changes later is not
// looked at again.
std::expected<std::optional<AwsKeys>, std::string> keys_of_file(const Variables& variables,
                                                                std::string_view profile);

// The whole text of a small file. The error names the file: "the file ... cannot be read".
std::expected<std::string, std::string> read_small_file(const std::filesystem::path& file);

}  // namespace bellwether::credentials
