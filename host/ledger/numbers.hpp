// The numbers of holds (`HoldId`). Their `host` part is drawn at random when a store is opened.
// Each session counts `number` up in a range of its own, 2^40 long, so that workers share nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>

#include "ledger/ledger.hpp"

namespace bellwether::ledger {

struct HoldIdHash {
    std::size_t operator()(const HoldId& id) const {
        return id.host ^ id.number * std::size_t{0x9e3779b97f4a7c15};
    }
};

class HoldNumbers {
  public:
    HoldNumbers(std::uint64_t host, std::uint64_t session) : next_{host, session << 40} {}

    HoldId next() {
        ++next_.number;
        return next_;
    }

  private:
    HoldId next_;
};

class HoldNumberSource {
  public:
    HoldNumbers open() { return {host_, sessions_.fetch_add(1)}; }
    std::uint64_t host() const { return host_; }

  private:
    static std::uint64_t draw() {
        std::random_device device;
        return std::uint64_t{device()} << 32 | device();
    }

    const std::uint64_t host_ = draw();
    std::atomic<std::uint64_t> sessions_ = 0;
};

}  // namespace bellwether::ledger
