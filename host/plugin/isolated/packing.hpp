// The structs of the ABI as texts, and back. What is unpacked refers to the text that it came from.
#pragma once

#include <bellwether/ext/models.h>
#include <bellwether/provider.h>

#include <string_view>
#include <utility>
#include <vector>

#include "plugin/isolated/messages.hpp"

namespace bellwether::plugin::isolated {

void pack(Packer& into, const bw_request& request);
void pack(Packer& into, const bw_head& head);
void pack(Packer& into, const bw_frame& frame);
void pack(Packer& into, const bw_error& error);
// `given`: the body of the request that is being opened. A piece that lies in it is not copied.
void pack(Packer& into, const bw_send& send, std::string_view given);
void pack(Packer& into, const bw_emit& piece);
void pack(Packer& into, const bw_usage& usage);
void pack(Packer& into, const bw_limits& limits);
void pack(Packer& into, const bw_attribute& attribute);
void pack(Packer& into, const bw_model& model);
void pack(Packer& into, const Returned& ending);

// A struct with the arrays that it refers to. It is not moved: the struct points into it.
struct UnpackedRequest {
    explicit UnpackedRequest(Unpacker& from);
    UnpackedRequest(const UnpackedRequest&) = delete;
    UnpackedRequest& operator=(const UnpackedRequest&) = delete;
    std::vector<bw_header> headers;
    bw_request value{};
};
struct UnpackedHead {
    explicit UnpackedHead(Unpacker& from);
    UnpackedHead(const UnpackedHead&) = delete;
    UnpackedHead& operator=(const UnpackedHead&) = delete;
    std::vector<bw_header> headers;
    bw_head value{};
};
struct UnpackedFrame {
    explicit UnpackedFrame(Unpacker& from);
    UnpackedFrame(const UnpackedFrame&) = delete;
    UnpackedFrame& operator=(const UnpackedFrame&) = delete;
    std::vector<bw_header> headers;
    bw_frame value{};
};
struct UnpackedSend {
    UnpackedSend(Unpacker& from, std::string_view given);
    UnpackedSend(const UnpackedSend&) = delete;
    UnpackedSend& operator=(const UnpackedSend&) = delete;
    std::vector<bw_header> headers;
    std::vector<bw_str> auth;
    std::vector<bw_piece> body;
    bw_send value{};
};
struct UnpackedUsage {
    explicit UnpackedUsage(Unpacker& from);
    UnpackedUsage(const UnpackedUsage&) = delete;
    UnpackedUsage& operator=(const UnpackedUsage&) = delete;
    std::vector<bw_amount> amounts;
    bw_usage value{};
};
struct UnpackedLimits {
    explicit UnpackedLimits(Unpacker& from);
    UnpackedLimits(const UnpackedLimits&) = delete;
    UnpackedLimits& operator=(const UnpackedLimits&) = delete;
    std::vector<bw_limit> limits;
    bw_limits value{};
};
bw_error unpack_error(Unpacker& from);
bw_emit unpack_emit(Unpacker& from);
bw_attribute unpack_attribute(Unpacker& from);
bw_model unpack_model(Unpacker& from);
Returned unpack_returned(Unpacker& from);

}  // namespace bellwether::plugin::isolated
