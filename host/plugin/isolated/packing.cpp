#include "plugin/isolated/packing.hpp"

#include <cstdint>

namespace bellwether::plugin::isolated {

void pack(Packer& into, const bw_request& request) {
    into.number(request.flags).number(request.operation).number(request.attempt);
    into.number(request.deadline_ms).text(request.id).text(request.model).text(request.body);
    into.headers(request.headers, request.header_count);
}

UnpackedRequest::UnpackedRequest(Unpacker& from) {
    value.size = sizeof(bw_request);
    value.flags = from.number<std::uint32_t>();
    value.operation = from.number<std::uint32_t>();
    value.attempt = from.number<std::uint32_t>();
    value.deadline_ms = from.number<std::int64_t>();
    value.id = from.text();
    value.model = from.text();
    value.body = from.text();
    headers = from.headers();
    value.headers = headers.data();
    value.header_count = headers.size();
}

void pack(Packer& into, const bw_head& head) {
    into.number(head.http_status).number(head.exchange).headers(head.headers, head.header_count);
}

UnpackedHead::UnpackedHead(Unpacker& from) {
    value.size = sizeof(bw_head);
    value.http_status = from.number<std::uint32_t>();
    value.exchange = from.number<std::uint32_t>();
    headers = from.headers();
    value.headers = headers.data();
    value.header_count = headers.size();
}

void pack(Packer& into, const bw_frame& frame) {
    into.number(frame.kind).number(frame.flags).number(frame.exchange);
    into.text(frame.data).text(frame.event).headers(frame.headers, frame.header_count);
}

UnpackedFrame::UnpackedFrame(Unpacker& from) {
    value.size = sizeof(bw_frame);
    value.kind = from.number<std::uint32_t>();
    value.flags = from.number<std::uint32_t>();
    value.exchange = from.number<std::uint32_t>();
    value.data = from.text();
    value.event = from.text();
    headers = from.headers();
    value.headers = headers.data();
    value.header_count = headers.size();
}

void pack(Packer& into, const bw_error& error) {
    into.number(error.status).number(error.http_status).number(error.retry_after_ms);
    into.text(error.message).text(error.code).text(error.type).text(error.param).text(error.raw);
}

bw_error unpack_error(Unpacker& from) {
    bw_error error{};
    error.size = sizeof(bw_error);
    error.status = from.number<bw_status>();
    error.http_status = from.number<std::uint32_t>();
    error.retry_after_ms = from.number<std::int64_t>();
    error.message = from.text();
    error.code = from.text();
    error.type = from.text();
    error.param = from.text();
    error.raw = from.text();
    return error;
}

void pack(Packer& into, const bw_send& send, std::string_view given) {
    into.number(send.must).number(send.flags).number(send.frame).number(send.wait_ms);
    into.text(send.method).text(send.url).headers(send.headers, send.header_count);
    into.number(static_cast<std::uint32_t>(send.auth_count));
    for (std::size_t i = 0; i < send.auth_count; ++i) into.text(send.auth[i]);
    into.number(static_cast<std::uint32_t>(send.body_count));
    for (std::size_t i = 0; i < send.body_count; ++i) {
        const bw_piece& piece = send.body[i];
        const std::string_view bytes = view(piece.bytes);
        const bool borrowed = !bytes.empty() && bytes.data() >= given.data() &&
                              bytes.data() + bytes.size() <= given.data() + given.size();
        into.number(piece.kind).number(piece.file).number(std::uint32_t{borrowed});
        if (borrowed) {
            into.number(static_cast<std::uint64_t>(bytes.data() - given.data()));
            into.number(static_cast<std::uint64_t>(bytes.size()));
        } else {
            into.text(bytes);
        }
    }
}

UnpackedSend::UnpackedSend(Unpacker& from, std::string_view given) {
    value.size = sizeof(bw_send);
    value.must = from.number<std::uint32_t>();
    value.flags = from.number<std::uint32_t>();
    value.frame = from.number<std::uint32_t>();
    value.wait_ms = from.number<std::int64_t>();
    value.method = from.text();
    value.url = from.text();
    headers = from.headers();
    for (auto n = from.number<std::uint32_t>(); n > 0 && from.ok(); --n) {
        auth.push_back(from.text());
    }
    for (auto n = from.number<std::uint32_t>(); n > 0 && from.ok(); --n) {
        bw_piece& piece = body.emplace_back();
        piece.kind = from.number<std::uint32_t>();
        piece.file = from.number<std::uint32_t>();
        if (from.number<std::uint32_t>() == 0) {
            piece.bytes = from.text();
            continue;
        }
        const auto at = from.number<std::uint64_t>();
        const auto length = from.number<std::uint64_t>();
        if (at <= given.size()) piece.bytes = str(given.substr(at, length));
    }
    value.headers = headers.data();
    value.header_count = headers.size();
    value.auth = auth.data();
    value.auth_count = auth.size();
    value.body = body.data();
    value.body_count = body.size();
}

void pack(Packer& into, const bw_emit& piece) {
    into.number(piece.must).number(piece.flags).number(piece.kind);
    into.text(piece.data).text(piece.event).text(piece.content_type);
}

bw_emit unpack_emit(Unpacker& from) {
    bw_emit piece{};
    piece.size = sizeof(bw_emit);
    piece.must = from.number<std::uint32_t>();
    piece.flags = from.number<std::uint32_t>();
    piece.kind = from.number<std::uint32_t>();
    piece.data = from.text();
    piece.event = from.text();
    piece.content_type = from.text();
    return piece;
}

void pack(Packer& into, const bw_usage& usage) {
    into.number(usage.flags).number(usage.cost_nano).text(usage.currency).text(usage.tier);
    into.number(static_cast<std::uint32_t>(usage.amount_count));
    for (std::size_t i = 0; i < usage.amount_count; ++i) {
        into.text(usage.amounts[i].name).number(usage.amounts[i].amount);
    }
}

UnpackedUsage::UnpackedUsage(Unpacker& from) {
    value.size = sizeof(bw_usage);
    value.flags = from.number<std::uint32_t>();
    value.cost_nano = from.number<std::int64_t>();
    value.currency = from.text();
    value.tier = from.text();
    for (auto n = from.number<std::uint32_t>(); n > 0 && from.ok(); --n) {
        const bw_str name = from.text();
        amounts.push_back({name, from.number<std::int64_t>()});
    }
    value.amounts = amounts.data();
    value.amount_count = amounts.size();
}

void pack(Packer& into, const bw_limits& limits) {
    into.number(limits.flags).number(static_cast<std::uint32_t>(limits.count));
    for (std::size_t i = 0; i < limits.count; ++i) {
        const bw_limit& one = limits.limits[i];
        into.text(one.name).number(one.limit).number(one.remaining).number(one.reset_ms);
    }
}

UnpackedLimits::UnpackedLimits(Unpacker& from) {
    value.size = sizeof(bw_limits);
    value.flags = from.number<std::uint32_t>();
    for (auto n = from.number<std::uint32_t>(); n > 0 && from.ok(); --n) {
        bw_limit& one = limits.emplace_back();
        one.name = from.text();
        one.limit = from.number<std::int64_t>();
        one.remaining = from.number<std::int64_t>();
        one.reset_ms = from.number<std::int64_t>();
    }
    value.limits = limits.data();
    value.count = limits.size();
}

void pack(Packer& into, const bw_attribute& attribute) {
    into.number(attribute.type).number(attribute.integer).number(attribute.real);
    into.text(attribute.name).text(attribute.text);
}

bw_attribute unpack_attribute(Unpacker& from) {
    bw_attribute attribute{};
    attribute.size = sizeof(bw_attribute);
    attribute.type = from.number<std::uint32_t>();
    attribute.integer = from.number<std::int64_t>();
    attribute.real = from.number<double>();
    attribute.name = from.text();
    attribute.text = from.text();
    return attribute;
}

void pack(Packer& into, const bw_model& model) {
    into.number(model.flags).number(model.context_tokens).number(model.output_tokens_max);
    into.number(model.created_unix_s).text(model.id).text(model.owned_by).text(model.details);
}

bw_model unpack_model(Unpacker& from) {
    bw_model model{};
    model.size = sizeof(bw_model);
    model.flags = from.number<std::uint32_t>();
    model.context_tokens = from.number<std::int64_t>();
    model.output_tokens_max = from.number<std::int64_t>();
    model.created_unix_s = from.number<std::int64_t>();
    model.id = from.text();
    model.owned_by = from.text();
    model.details = from.text();
    return model;
}

void pack(Packer& into, const Returned& ending) {
    into.number(ending.status).number(ending.gave).number(ending.in_data).number(ending.closed);
    into.number(ending.wait_ms);
}

Returned unpack_returned(Unpacker& from) {
    Returned ending;
    ending.status = from.number<bw_status>();
    ending.gave = from.number<std::uint32_t>();
    ending.in_data = from.number<std::uint32_t>();
    ending.closed = from.number<std::uint32_t>();
    ending.wait_ms = from.number<std::int64_t>();
    return ending;
}

}  // namespace bellwether::plugin::isolated
