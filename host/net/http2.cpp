#include "net/http2.hpp"

#include <curl/curl.h>
#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "net/transfer.hpp"

// These declarations are those of nghttp2.h, whose later versions never change existing ones.
extern "C" {
struct nghttp2_session;
struct nghttp2_session_callbacks;

struct nghttp2_frame_head {
    std::size_t length;
    std::int32_t stream_id;
    std::uint8_t type;
    std::uint8_t flags;
    std::uint8_t reserved;
};
struct nghttp2_data_frame {
    nghttp2_frame_head head;
    std::size_t padding;
};
struct nghttp2_reset_frame {
    nghttp2_frame_head head;
    std::uint32_t error;
};
union nghttp2_frame {
    nghttp2_frame_head head;
    nghttp2_data_frame data;
    nghttp2_reset_frame reset;
};

using FrameCallback = int (*)(nghttp2_session*, const nghttp2_frame*, void*);
using CloseCallback = int (*)(nghttp2_session*, std::int32_t, std::uint32_t, void*);
}

namespace bellwether::net {

namespace {

constexpr std::uint8_t k_data = 0;
constexpr std::uint8_t k_headers = 1;
constexpr std::uint8_t k_reset = 3;
constexpr std::uint8_t k_end_of_stream = 1;
constexpr std::uint32_t k_no_error = 0;
constexpr std::uint32_t k_refused_stream = 7;

using SetFrameCallback = void (*)(nghttp2_session_callbacks*, FrameCallback);
using SetCloseCallback = void (*)(nghttp2_session_callbacks*, CloseCallback);
using GetUserData = void* (*)(nghttp2_session*, std::int32_t);

template <typename Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// nghttp2's own functions, and the callbacks that libcurl has registered, which are the same for
// all of its connections.
struct Callbacks {
    SetFrameCallback set_frame =
        real<SetFrameCallback>("nghttp2_session_callbacks_set_on_frame_recv_callback");
    SetCloseCallback set_close =
        real<SetCloseCallback>("nghttp2_session_callbacks_set_on_stream_close_callback");
    GetUserData user_data = real<GetUserData>("nghttp2_session_get_stream_user_data");
    std::atomic<FrameCallback> on_frame = nullptr;
    std::atomic<CloseCallback> on_close = nullptr;
};

Callbacks& heard() {
    static Callbacks found;
    return found;
}

// libcurl stores its easy handle as the user data of each stream, for as long as the exchange runs.
Transfer* transfer_of(nghttp2_session* session, std::int32_t stream) {
    if (stream == 0) return nullptr;
    CURL* const easy = heard().user_data(session, stream);
    if (easy == nullptr) return nullptr;
    Easy* found = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &found);
    return found == nullptr ? nullptr : &found->transfer();
}

// RST_STREAM(NO_ERROR) after the whole answer only asks the client to stop sending, and is no
// failure (RFC 9113, 8.1). But libcurl would throw away what it has not read of the answer, so it
// does not get this frame. It still learns from on_close that the stream has ended.
bool asks_to_stop_sending(const Transfer& transfer, const nghttp2_frame& frame) {
    return frame.head.type == k_reset && frame.reset.error == k_no_error &&
           transfer.trip().stream == Http2Stream::answered;
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    const FrameCallback next = heard().on_frame.load(std::memory_order_relaxed);
    Transfer* const transfer = transfer_of(session, frame->head.stream_id);
    if (transfer == nullptr) return next(session, frame, self);
    if (asks_to_stop_sending(*transfer, *frame)) return 0;
    transfer->on_stream_frame();
    const bool is_data = frame->head.type == k_data;
    if (is_data) transfer->on_stream_data(frame->head.length - frame->data.padding);
    const bool carries = is_data || frame->head.type == k_headers;
    if (carries && (frame->head.flags & k_end_of_stream) != 0) transfer->on_stream_answered();
    return next(session, frame, self);
}

int on_close(nghttp2_session* session, std::int32_t stream, std::uint32_t error, void* self) {
    Transfer* const transfer = transfer_of(session, stream);
    if (transfer != nullptr) {
        transfer->on_stream_closed(error == k_refused_stream ? Http2Stream::refused
                                                             : Http2Stream::cut);
    }
    return heard().on_close.load(std::memory_order_relaxed)(session, stream, error, self);
}

}  // namespace

void hear_frames() { heard(); }

}  // namespace bellwether::net

extern "C" {

[[gnu::visibility("default")]] void nghttp2_session_callbacks_set_on_frame_recv_callback(
    nghttp2_session_callbacks* callbacks, FrameCallback callback) {
    bellwether::net::heard().on_frame.store(callback, std::memory_order_relaxed);
    bellwether::net::heard().set_frame(callbacks, &bellwether::net::on_frame);
}

[[gnu::visibility("default")]] void nghttp2_session_callbacks_set_on_stream_close_callback(
    nghttp2_session_callbacks* callbacks, CloseCallback callback) {
    bellwether::net::heard().on_close.store(callback, std::memory_order_relaxed);
    bellwether::net::heard().set_close(callbacks, &bellwether::net::on_close);
}
}
