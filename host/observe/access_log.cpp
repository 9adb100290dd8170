#include "observe/access_log.hpp"

#include <utility>

#include "observe/log_writer.hpp"

namespace bellwether::observe {

namespace {

constexpr std::size_t k_flush_bytes = 16u << 10;
constexpr std::chrono::milliseconds k_flush_after{100};

}  // namespace

struct AccessLog::Buffer {
    std::string text;
    bool timed = false;  // the timer is running

    void flush() {
        write_log(text);
        text.clear();
    }
};

AccessLog::AccessLog(boost::asio::io_context& loop, Format format)
    : format_(format), buffer_(std::make_shared<Buffer>()), timer_(loop) {
    buffer_->text.reserve(k_flush_bytes + 1024);
}

AccessLog::~AccessLog() { flush(); }

void AccessLog::add(const AccessRecord& record) {
    std::string& text = buffer_->text;
    format_ == Format::json ? append_json(text, record) : append_text(text, record);
    if (text.size() > k_flush_bytes) return flush();
    flush_later();
}

void AccessLog::flush() { buffer_->flush(); }

// Starts the timer unless it is running. A timer whose buffer has been flushed before it fires is
// not restarted: it then flushes the lines that have come since, a little early.
void AccessLog::flush_later() {
    if (std::exchange(buffer_->timed, true)) return;
    timer_.expires_after(k_flush_after);
    timer_.async_wait([buffer = buffer_](boost::system::error_code error) {
        buffer->timed = false;
        if (!error) buffer->flush();
    });
}

}  // namespace bellwether::observe
