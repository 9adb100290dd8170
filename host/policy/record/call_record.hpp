// What happened to a call. The record is made once, at the end of the call, by the code that
// answered it. The line of the access log, the row of the ledger and the metrics are made from it
// alone, so that they cannot contradict each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/call.hpp"
#include "config/config.hpp"
#include "ledger/usage_row.hpp"
#include "observe/access_log.hpp"
#include "observe/metrics.hpp"
#include "policy/attempts/attempts.hpp"

namespace bellwether::policy {

// Everything that the record refers to must outlive it.
struct CallRecord {
    using Time = std::chrono::steady_clock::time_point;

    const Call& call;
    const CallEnd& outcome;
    std::string_view client = {};      // address:port
    std::string_view route = {};       // empty: none serves the model
    int status = 0;                    // as the client saw it; 499: it had hung up
    std::string_view error_code = {};  // as in the reply; empty: none
    Time ended{};
    Time first_byte{};  // when the answer's first byte went out; zero: none did
    std::size_t bytes_out = 0;
    std::uint64_t generation = 0;  // of the config that the call began with; 0: not said

    std::chrono::nanoseconds duration() const { return ended - call.started; }
    std::int64_t duration_us() const { return since_start_us(ended); }
    std::int64_t first_byte_us() const {  // since the call's start; -1: there was none
        return first_byte == Time{} ? -1 : since_start_us(first_byte);
    }

  private:
    std::int64_t since_start_us(Time at) const {
        return std::chrono::duration_cast<std::chrono::microseconds>(at - call.started).count();
    }
};

// A request that was refused before it became a call.
struct RefusalRecord {
    std::string_view request_id;
    std::string_view client;              // address:port
    const config::Key* caller = nullptr;  // null: no key is known
    std::string_view method;
    std::string_view path;  // without the query, which may hold a credential
    int status = 0;
    std::string_view error_code;
};

// The line of the access log, with the usage and the cost of the last attempt.
observe::AccessRecord access_record(const CallRecord& record,
                                    std::chrono::system_clock::time_point now);

observe::AccessRecord access_record(const RefusalRecord& record,
                                    std::chrono::system_clock::time_point now);

// The row of the ledger, with what all attempts used.
ledger::UsageRow usage_row(const CallRecord& record, std::int64_t now_us);

void count(const CallRecord& record, observe::WorkerMetrics& metrics);
// The same for the copy of a call, which is not counted among what clients asked for.
void count_shadow(const CallRecord& record, observe::WorkerMetrics& metrics);
void count(const RefusalRecord& record, observe::WorkerMetrics& metrics);

}  // namespace bellwether::policy
