// `Link` is one side's end of a channel: it writes messages to the other side and reads those that
// come from there. Used on one thread at a time. What the other side writes is believed in nothing:
// a count that cannot be makes the link useless, and no more.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "plugin/isolated/messages.hpp"
#include "plugin/isolated/shared_memory.hpp"

namespace bellwether::plugin::isolated {

// Why a link came to nothing.
enum class Fault : std::uint8_t {
    none,
    gone,     // the other side has ended
    late,     // it did not answer in time
    nonsense  // it wrote what it must not
};

class Link {
  public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Side : std::uint8_t { host, child };

    // `gone`: set, and the side's bell rung, when the other side has ended.
    Link(Channel& channel, Side side, const std::atomic<bool>& gone);

    // Whatever waits gives up then.
    void give_up_at(Time when) { deadline_ = when; }
    void never_give_up() { deadline_ = Time::max(); }

    // Writes a message; waits where there is no room. The other side need not see it before
    // `publish`. Nothing happens after a fault.
    void put(Message message, std::string_view text);
    void publish();
    // The other side may see it, but need not wake for it.
    void show() { out_.written.store(written_, std::memory_order_release); }

    // Waits for the next message. Its text is valid until the next one is asked for. Nothing after
    // a fault: then the message is Message::none.
    struct Received {
        Message message = Message::none;
        std::string_view text;
    };
    Received receive();
    // Whether one has begun to come.
    bool any() const;

    Fault fault() const { return fault_; }
    // Of the memory of messages that it holds.
    std::size_t bytes_held() const { return received_.capacity() + stashed_.capacity(); }
    // For the host's end: where its thread runs, which the child follows.
    void tell_cpu();
    std::uint32_t cpu_of_host() const { return words_.host_cpu.load(std::memory_order_relaxed); }

  private:
    void write(std::string_view bytes);
    bool read(char* into, std::size_t count);
    std::uint32_t room() const;
    std::uint32_t ready() const;
    bool check(std::uint32_t count);
    std::size_t copy(char* into, std::size_t count);
    void stash();
    template <typename Condition>
    bool wait(const Condition& condition);
    void sleep(std::uint32_t seen);

    ChannelWords& words_;
    RingWords& out_;
    RingWords& in_;
    std::byte* const out_bytes_;
    const std::byte* const in_bytes_;
    Bell& own_bell_;
    Bell& other_bell_;
    const std::atomic<bool>& gone_;
    Time deadline_ = Time::max();
    std::uint32_t written_;  // its own counts, which the other side cannot change
    std::uint32_t read_;
    std::string received_;
    std::string stashed_;  // what came while this side waited for room
    std::size_t unstashed_ = 0;
    Fault fault_ = Fault::none;
};

// Wakes whoever sleeps on a bell.
void ring(Bell& bell);

}  // namespace bellwether::plugin::isolated
