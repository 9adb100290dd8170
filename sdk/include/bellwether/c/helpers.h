/* bellwether/c/helpers.h - what a provider in C would otherwise write for itself: texts and
 * buffers, a JSON writer, a JSON reader, what the host is told, and the replies and chunks of a
 * chat. Plain C11 to C23, and C++.
 *
 * All of it is `static inline` in the headers: there is nothing to link, no global and no state but
 * what the caller holds. Any thread may call it, each object on one thread at a time. Names that
 * begin with bw_ are the ABI's and these headers'.
 *
 *   text.h         S("literal"), comparing, bw_buffer
 *   host.h         bw_teller, bw_fail, bw_post, bw_used, BW_PLUGIN
 *   json_writer.h  bw_json_object, bw_json_put_string ...
 *   json_reader.h  bw_json_valid, bw_json_each
 *   json_get.h     bw_json_get(body, "choices[0].text"), bw_json_text, bw_arena
 *   setup.h        bw_has_credential
 *   chat_request.h bw_chat_content_text, bw_chat_arguments, bw_chat_max_tokens, bw_data_url
 *   chat_check.h   bw_chat_check, bw_chat_refuse_members
 *   chat_reply.h   bw_chat_new, bw_chat_text, bw_chat_tool_call, bw_chat_finish ...
 *   chat_provider.h  BW_CHAT_PLUGIN, bw_chat_open_call
 *   embeddings.h   bw_embeddings_reply
 *   models.h       bw_add_model
 *   error_class.h  bw_error_class_of_status
 *   upstream_error.h  bw_error_rule, bw_retry_after_ms */
#ifndef BELLWETHER_C_HELPERS_H
#define BELLWETHER_C_HELPERS_H

#include <bellwether/c/chat_check.h>
#include <bellwether/c/chat_provider.h>
#include <bellwether/c/chat_reply.h>
#include <bellwether/c/chat_request.h>
#include <bellwether/c/embeddings.h>
#include <bellwether/c/error_class.h>
#include <bellwether/c/host.h>
#include <bellwether/c/json_get.h>
#include <bellwether/c/json_reader.h>
#include <bellwether/c/json_writer.h>
#include <bellwether/c/models.h>
#include <bellwether/c/setup.h>
#include <bellwether/c/text.h>
#include <bellwether/c/upstream_error.h>

#endif
