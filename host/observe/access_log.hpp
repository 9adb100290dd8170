// The access log: one line for each call served. One AccessLog a worker, on the worker's thread;
// lines are gathered and written together, at the latest a tenth of a second after they were made.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/usage.hpp"
#include "observe/log.hpp"

namespace bellwether::observe {

enum class CallOutcome { ok, error, cancelled };

// One finished call. Empty text and -1 mean not known and are left out of the line.
struct AccessRecord {
    std::chrono::system_clock::time_point time;  // when it ended
    std::string_view request_id;
    std::string_view client;  // address
    std::string_view key;     // the client key's public id
    std::string_view team;
    std::string_view method;
    std::string_view path;
    int status = 0;
    CallOutcome outcome = CallOutcome::ok;
    std::string_view error;  // code
    std::string_view route;
    std::string_view model;  // as the client named it
    std::string_view provider;
    std::string_view upstream_model;
    std::string_view upstream_id;  // of the request, as the provider calls it
    std::string_view attributes;   // what the provider's plugin said of it: a JSON object
    int attempts = 0;
    std::string tried;             // the attempts before the last one
    std::int64_t generation = -1;  // of the config that it began with
    bool stream = false;
    std::int64_t bytes_in = 0;
    std::int64_t bytes_out = 0;
    std::int64_t duration_us = 0;
    std::int64_t first_byte_us = -1;  // to the client's first byte
    std::int64_t upstream_us = -1;    // of the duration: waiting for a provider or the client
    std::int64_t overhead_us = -1;    // of the duration: the rest
    std::string_view trace_id;        // of the client's traceparent
    Usage usage;
    std::int64_t cost_micro_usd = -1;
};

// Append one line for `record`, its line end included.
void append_text(std::string& out, const AccessRecord& record);
void append_json(std::string& out, const AccessRecord& record);

class AccessLog {
  public:
    explicit AccessLog(boost::asio::io_context& loop, Format format = log_format());
    ~AccessLog();  // writes what is left
    // Of the lines from now on.
    void set_format(Format format) { format_ = format; }
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    void add(const AccessRecord& record);
    void flush();

  private:
    using Clock = std::chrono::steady_clock;
    struct Buffer;

    void flush_later();

    Format format_;
    std::shared_ptr<Buffer> buffer_;  // shared with the timer's handler
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                      boost::asio::io_context::executor_type>
        timer_;
};

}  // namespace bellwether::observe
