// Every C++ header of the SDK, in one translation unit.
#include <bellwether/c/helpers.h>
#include <bellwether/chat/reply.hpp>
#include <bellwether/chat/request.hpp>
#include <bellwether/http/error_class.hpp>
#include <bellwether/http/retry_after.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/openai_compatible.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/sse.hpp>
#include <bellwether/testing/fake_host.hpp>

static constexpr bw::openai::Api k_api = {"com.example", "1", "Example", "An example",
                                          "https://example.test/v1"};
BW_OPENAI_COMPATIBLE(k_api)
