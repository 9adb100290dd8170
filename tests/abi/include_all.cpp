// Every C++ header of the SDK, in one translation unit.
#include <bellwether/c/helpers.h>
#include <bellwether/ascii.hpp>
#include <bellwether/base64.hpp>
#include <bellwether/chat/check.hpp>
#include <bellwether/chat/file_ending.hpp>
#include <bellwether/chat/reply.hpp>
#include <bellwether/chat/request.hpp>
#include <bellwether/chat/thoughts.hpp>
#include <bellwether/chat/unserved.hpp>
#include <bellwether/chat/write_sides.hpp>
#include <bellwether/http/aws_error.hpp>
#include <bellwether/http/error_class.hpp>
#include <bellwether/http/limit_headers.hpp>
#include <bellwether/http/percent.hpp>
#include <bellwether/http/retry_after.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/messages/body.hpp>
#include <bellwether/messages/events.hpp>
#include <bellwether/openai_compatible.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/qwen/bounds.hpp>
#include <bellwether/qwen/errors.hpp>
#include <bellwether/qwen/thinking.hpp>
#include <bellwether/sse.hpp>
#include <bellwether/testing/engine_call.hpp>
#include <bellwether/testing/fake_host.hpp>

static constexpr bw::openai::Api k_api = {"com.example", "1", "Example", "An example",
                                          "https://example.test/v1"};
BW_OPENAI_COMPATIBLE(k_api)
