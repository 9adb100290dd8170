// What is measured: samples with their percentiles, and a process's use of CPU and memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

class Samples {
  public:
    void add(std::int64_t value_ns) { values_.push_back(value_ns); }
    std::size_t count() const { return values_.size(); }

    // {"p50": …, "p99": …, "p99.9": …, "max": …}, microseconds.
    std::string json();

  private:
    std::vector<std::int64_t> values_;
};

// The processes of the gateway under test.
class Watched {
  public:
    // Process ids with commas between them.
    explicit Watched(const std::string& ids);

    std::int64_t cpu_ns() const;
    std::int64_t resident_bytes() const;

  private:
    std::vector<pid_t> ids_;
};

}  // namespace bench
