// The SDK's reader of JSON under the host's own name: one reader on both sides of the ABI.
#pragma once

#include <bellwether/json.hpp>

namespace bellwether::json {

using namespace bw::json;  // NOLINT(google-build-using-namespace): this is what the file is for

}  // namespace bellwether::json
