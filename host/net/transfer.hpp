// `Transfer` is one exchange inside the engine. libcurl calls it, it calls Events, and in between
// it keeps the rules of dropping and pausing. Its Exchange owns it; the engine shares it while
// libcurl may still use it. On the worker's thread only.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "http/unpack.hpp"
#include "net/client.hpp"
#include "net/easy.hpp"
#include "net/failure.hpp"
#include "net/head.hpp"
#include "net/trip.hpp"

namespace bellwether::net {

class Engine;

inline constexpr std::size_t k_abort = 0;  // a data callback returns this to end the transfer

class Transfer final : public Sending, public std::enable_shared_from_this<Transfer> {
  public:
    Transfer(Engine& engine, Request request, Events& events);

    // Called by the Exchange.
    bool sent() const override { return begun_at_.has_value(); }
    void cancel() override;
    void pause() override { paused_ = true; }
    void resume() override;

    // Called by the engine, from the loop and outside libcurl unless said otherwise.
    bool dropped() const { return events_ == nullptr; }
    bool active() const { return easy_ != nullptr; }
    Easy& easy() const { return *easy_; }
    Easy& attach(std::unique_ptr<Easy> easy);
    std::unique_ptr<Easy> detach() { return std::move(easy_); }
    bool sending() const { return trip_.sends > 0; }
    bool keeps_data() const { return data_held_; }  // paused: libcurl keeps a chunk
    const Trip& trip() const { return trip_; }
    void begin(const Trip& trip);
    // The next trip of the request after libcurl has ended it with `code`; nothing: it has failed.
    std::optional<Trip> trip_after(CURLcode code) const;
    bool answered() const { return head_.complete(); }
    // What the process has run out of, if that is why libcurl ended the request with `code` before
    // anything was sent.
    Shortage shortage_behind(CURLcode code) const;
    std::optional<Failure> check_request() const;  // faults that libcurl would not notice
    void finish(CURLcode code);                    // libcurl has ended it; it is still attached
    void fail(Failure failure);                    // it was never given to libcurl
    void deliver_end();                            // once detached
    void flush();                                  // delivers what was held; may call libcurl
    void wake();                                   // makes libcurl work on it at once
    void push();  // makes libcurl send what it keeps for this exchange's connection
    // The local port of the kept connection that it has taken, and gives back now; 0: none.
    int release_port() { return std::exchange(taken_port_, 0); }
    // The whole answer has been delivered, while the request's body is still on its way.
    bool is_early() const;

    // Called for the frames of its stream under HTTP/2, inside libcurl.
    void on_stream_frame() {
        if (trip_.stream == Http2Stream::unheard) trip_.stream = Http2Stream::open;
    }
    void on_stream_data(std::size_t bytes) { trip_.stream_bytes += bytes; }
    void on_stream_answered();
    void on_stream_closed(Http2Stream how);

    // Called by libcurl. No exception may pass through libcurl, so Events must not throw any but
    // std::bad_alloc.
    static curl_socket_t open_callback(void* self, curlsocktype, curl_sockaddr* address) noexcept;
    static std::size_t write_callback(char* data, std::size_t, std::size_t size,
                                      void* self) noexcept;
    static std::size_t header_callback(char* data, std::size_t, std::size_t size,
                                       void* self) noexcept;
    static std::size_t read_callback(char* to, std::size_t, std::size_t size, void* self) noexcept;
    static int seek_callback(void* self, curl_off_t offset, int origin) noexcept;
    static int before_send_callback(void* self, char*, char*, int, int local_port) noexcept;
    static int debug_callback(CURL*, curl_infotype type, char* text, std::size_t size,
                              void* self) noexcept;

  private:
    template <typename Work>
    auto with_memory(const Work& work) noexcept -> decltype(work(*this));
    bool may_send(int local_port);
    TurnedDown refusal_of_connection(int local_port) const;
    bool may_send_again();
    bool on_trailer(std::size_t size);
    bool body_delivered() const;
    bool is_whole(CURLcode code) const;
    bool on_header(std::string_view line);
    bool on_head_complete();
    bool on_encodings();
    std::size_t on_body(std::string_view bytes);
    bool unpack(std::string_view bytes, std::string& out);
    bool hold(std::string_view bytes);
    bool is_refusal() const { return request_.reads == Reads::response && head_.status() >= 300; }
    bool loses_only_words(CURLcode code) const;
    bool can_be_unpacked() const { return !unpack_ || body_ignored_ || unpack_->may_end(); }
    void deliver_held();
    void deliver_head();

    Engine& engine_;
    Request request_;
    Events* events_;  // null: dropped, or ended
    std::unique_ptr<Easy> easy_;
    Trip trip_;
    Head head_;
    std::size_t trailer_bytes_ = 0;
    std::optional<std::size_t> length_;  // of the answer's body, as its head says
    std::optional<Failure> failure_;
    int taken_port_ = 0;
    std::size_t sent_ = 0;                // bytes of a body that libcurl reads piece by piece
    std::string held_;                    // what came under HTTP/2 while paused
    std::optional<http::Unpack> unpack_;  // where the body is packed
    std::size_t packed_bytes_ = 0;
    std::size_t inflated_bytes_ = 0;
    bool body_ignored_ = false;  // a refusal whose body cannot be unpacked: only its head counts
    Shortage shortage_ = Shortage::none;
    bool paused_ = false;
    bool head_delivered_ = false;
    bool data_held_ = false;  // libcurl keeps a chunk that it will deliver again
    bool ended_ = false;      // failure_ is final
    std::optional<std::chrono::steady_clock::time_point> begun_at_;  // the first sending
};

}  // namespace bellwether::net
