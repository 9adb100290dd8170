/* The layout of the ABI, written down: on every 64-bit platform with 8-byte pointers these numbers
 * are what plugins in the field were built with. A line may be added here; none may ever change. If
 * an assertion fails, the header has to change back. Compiled as C11; it makes no code. */
#include <assert.h>
#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX == UINT64_MAX

#define ABI_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type " has changed its size");
#define ABI_FIELD(type, field, offset) \
    static_assert(offsetof(type, field) == (offset), #type "." #field " has moved");
#define ABI_NUMBER(name, number) static_assert((name) == (number), #name " has changed");

/* A new minor appends: extend this file first, then this line. */
ABI_NUMBER(BW_ABI_MINOR, 0)

/* clang-format off */

ABI_SIZE(bw_str, 16)
ABI_FIELD(bw_str, ptr, 0)
ABI_FIELD(bw_str, len, 8)

ABI_SIZE(bw_header, 32)
ABI_FIELD(bw_header, name, 0)
ABI_FIELD(bw_header, value, 16)

ABI_SIZE(bw_error, 1184)
ABI_FIELD(bw_error, size, 0)
ABI_FIELD(bw_error, http_status, 4)
ABI_FIELD(bw_error, retry_after_ms, 8)
ABI_FIELD(bw_error, message_len, 16)
ABI_FIELD(bw_error, code_len, 20)
ABI_FIELD(bw_error, param_len, 24)
ABI_FIELD(bw_error, reserved, 28)
ABI_FIELD(bw_error, message, 32)
ABI_FIELD(bw_error, code, 1056)
ABI_FIELD(bw_error, param, 1120)

ABI_SIZE(bw_request, 72)
ABI_FIELD(bw_request, size, 0)
ABI_FIELD(bw_request, operation, 4)
ABI_FIELD(bw_request, flags, 8)
ABI_FIELD(bw_request, attempt, 12)
ABI_FIELD(bw_request, deadline_ms, 16)
ABI_FIELD(bw_request, id, 24)
ABI_FIELD(bw_request, model, 40)
ABI_FIELD(bw_request, body, 56)

ABI_SIZE(bw_frame, 40)
ABI_FIELD(bw_frame, size, 0)
ABI_FIELD(bw_frame, kind, 4)
ABI_FIELD(bw_frame, data, 8)
ABI_FIELD(bw_frame, event, 24)

ABI_SIZE(bw_head, 24)
ABI_FIELD(bw_head, size, 0)
ABI_FIELD(bw_head, http_status, 4)
ABI_FIELD(bw_head, headers, 8)
ABI_FIELD(bw_head, header_count, 16)

ABI_SIZE(bw_unit, 24)
ABI_FIELD(bw_unit, name, 0)
ABI_FIELD(bw_unit, count, 16)

ABI_SIZE(bw_usage, 128)
ABI_FIELD(bw_usage, size, 0)
ABI_FIELD(bw_usage, reserved, 4)
ABI_FIELD(bw_usage, input_tokens, 8)
ABI_FIELD(bw_usage, output_tokens, 16)
ABI_FIELD(bw_usage, cached_input_tokens, 24)
ABI_FIELD(bw_usage, reasoning_tokens, 32)
ABI_FIELD(bw_usage, total_tokens, 40)
ABI_FIELD(bw_usage, cache_write_tokens, 48)
ABI_FIELD(bw_usage, cache_write_1h_tokens, 56)
ABI_FIELD(bw_usage, audio_input_tokens, 64)
ABI_FIELD(bw_usage, audio_output_tokens, 72)
ABI_FIELD(bw_usage, image_input_tokens, 80)
ABI_FIELD(bw_usage, image_output_tokens, 88)
ABI_FIELD(bw_usage, service_tier, 96)
ABI_FIELD(bw_usage, units, 112)
ABI_FIELD(bw_usage, unit_count, 120)

ABI_SIZE(bw_host_api, 88)
ABI_FIELD(bw_host_api, size, 0)
ABI_FIELD(bw_host_api, abi_minor, 4)
ABI_FIELD(bw_host_api, log, 8)
ABI_FIELD(bw_host_api, unix_ms, 16)
ABI_FIELD(bw_host_api, has_secret, 24)
ABI_FIELD(bw_host_api, extension, 32)
ABI_FIELD(bw_host_api, send, 40)
ABI_FIELD(bw_host_api, send_header, 48)
ABI_FIELD(bw_host_api, send_secret, 56)
ABI_FIELD(bw_host_api, send_body, 64)
ABI_FIELD(bw_host_api, emit, 72)
ABI_FIELD(bw_host_api, emit_usage, 80)

ABI_SIZE(bw_plugin, 104)
ABI_FIELD(bw_plugin, size, 0)
ABI_FIELD(bw_plugin, abi_minor, 4)
ABI_FIELD(bw_plugin, host_minor_needed, 8)
ABI_FIELD(bw_plugin, reserved, 12)
ABI_FIELD(bw_plugin, id, 16)
ABI_FIELD(bw_plugin, version, 24)
ABI_FIELD(bw_plugin, manifest, 32)
ABI_FIELD(bw_plugin, create, 40)
ABI_FIELD(bw_plugin, destroy, 48)
ABI_FIELD(bw_plugin, call_open, 56)
ABI_FIELD(bw_plugin, call_head, 64)
ABI_FIELD(bw_plugin, call_data, 72)
ABI_FIELD(bw_plugin, call_end, 80)
ABI_FIELD(bw_plugin, call_close, 88)
ABI_FIELD(bw_plugin, extension, 96)

ABI_SIZE(bw_generate_host, 16)
ABI_FIELD(bw_generate_host, size, 0)
ABI_FIELD(bw_generate_host, reserved, 4)
ABI_FIELD(bw_generate_host, begin, 8)

ABI_SIZE(bw_generate_plugin, 16)
ABI_FIELD(bw_generate_plugin, size, 0)
ABI_FIELD(bw_generate_plugin, reserved, 4)
ABI_FIELD(bw_generate_plugin, step, 8)

ABI_SIZE(bw_models_host, 16)
ABI_FIELD(bw_models_host, size, 0)
ABI_FIELD(bw_models_host, reserved, 4)
ABI_FIELD(bw_models_host, add, 8)

ABI_SIZE(bw_models_plugin, 24)
ABI_FIELD(bw_models_plugin, size, 0)
ABI_FIELD(bw_models_plugin, reserved, 4)
ABI_FIELD(bw_models_plugin, ask, 8)
ABI_FIELD(bw_models_plugin, read, 16)

static_assert(_Alignof(bw_str) == 8 && _Alignof(bw_error) == 8 && _Alignof(bw_plugin) == 8, "");
static_assert(sizeof(bw_status) == 4 && (bw_status)-1 < 0, "bw_status is a signed int32");

ABI_NUMBER(BW_COMPLETE, -1)
ABI_NUMBER(BW_OK, 0)
ABI_NUMBER(BW_E_INVALID, 1)
ABI_NUMBER(BW_E_UNSUPPORTED, 2)
ABI_NUMBER(BW_E_AUTH, 3)
ABI_NUMBER(BW_E_QUOTA, 4)
ABI_NUMBER(BW_E_RATE, 5)
ABI_NUMBER(BW_E_UPSTREAM, 6)
ABI_NUMBER(BW_E_PROTOCOL, 7)
ABI_NUMBER(BW_E_INTERNAL, 8)
ABI_NUMBER(BW_E_NOT_FOUND, 9)
ABI_NUMBER(BW_E_CONTEXT_LENGTH, 10)
ABI_NUMBER(BW_E_CONTENT_FILTER, 11)

ABI_NUMBER(BW_OP_CHAT, 1)
ABI_NUMBER(BW_OP_COMPLETIONS, 2)
ABI_NUMBER(BW_OP_EMBEDDINGS, 3)
ABI_NUMBER(BW_REQUEST_STREAM, 1)
ABI_NUMBER(BW_FRAME_RAW, 0)
ABI_NUMBER(BW_FRAME_SSE, 1)
ABI_NUMBER(BW_FRAME_LINE, 2)
ABI_NUMBER(BW_FRAME_WHOLE, 3)
ABI_NUMBER(BW_EMIT_REPLY, 0)
ABI_NUMBER(BW_EMIT_CHUNK, 1)
ABI_NUMBER(BW_EMIT_USAGE, 2)
ABI_NUMBER(BW_LOG_DEBUG, 0)
ABI_NUMBER(BW_LOG_INFO, 1)
ABI_NUMBER(BW_LOG_WARN, 2)
ABI_NUMBER(BW_LOG_ERROR, 3)
/* clang-format on */

#endif

/* A translation unit must declare something. */
extern const char bw_abi_asserts_compiled;
