#include "plugin/isolated/link.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

namespace bellwether::plugin::isolated {
namespace {

// A reply of 64 MiB with its event and type, and some room.
constexpr std::uint32_t k_message_bytes_max = 80u << 20;

struct Heading {
    std::uint32_t message;
    std::uint32_t size;
};

}  // namespace

void ring(Bell& bell) {
    bell.rung.fetch_add(1, std::memory_order_seq_cst);
    if (bell.sleeps.load(std::memory_order_seq_cst) != 0) {
        syscall(SYS_futex, &bell.rung, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
}

Link::Link(Channel& channel, Side side, const std::atomic<bool>& gone)
    : words_(channel.words),
      out_(side == Side::host ? words_.to_child : words_.to_host),
      in_(side == Side::host ? words_.to_host : words_.to_child),
      out_bytes_(side == Side::host ? channel.to_child.data() : channel.to_host.data()),
      in_bytes_(side == Side::host ? channel.to_host.data() : channel.to_child.data()),
      own_bell_(side == Side::host ? words_.host : words_.child),
      other_bell_(side == Side::host ? words_.child : words_.host),
      gone_(gone),
      written_(out_.written.load(std::memory_order_relaxed)),
      read_(in_.read.load(std::memory_order_relaxed)) {}

void Link::tell_cpu() {
    words_.host_cpu.store(static_cast<std::uint32_t>(sched_getcpu()), std::memory_order_relaxed);
}

std::uint32_t Link::room() const {
    return k_ring_bytes - (written_ - out_.read.load(std::memory_order_acquire));
}

std::uint32_t Link::ready() const { return in_.written.load(std::memory_order_acquire) - read_; }

bool Link::any() const { return fault_ == Fault::none && ready() != 0; }

// Counts that the other side made are within the ring, or it has gone mad.
bool Link::check(std::uint32_t count) {
    if (count > k_ring_bytes) fault_ = Fault::nonsense;
    return fault_ == Fault::none;
}

void Link::sleep(std::uint32_t seen) {
    if (deadline_ == Time::max()) {
        syscall(SYS_futex, &own_bell_.rung, FUTEX_WAIT, seen, nullptr, nullptr, 0);
        return;
    }
    const auto left = deadline_ - std::chrono::steady_clock::now();
    if (left.count() <= 0) {
        fault_ = Fault::late;
        return;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    syscall(SYS_futex, &own_bell_.rung, FUTEX_WAIT, seen, &time, nullptr, 0);
}

template <typename Condition>
bool Link::wait(const Condition& condition) {
    while (fault_ == Fault::none) {
        if (condition()) return true;
        own_bell_.sleeps.store(1, std::memory_order_seq_cst);
        const std::uint32_t seen = own_bell_.rung.load(std::memory_order_seq_cst);
        if (gone_.load(std::memory_order_acquire)) {
            fault_ = condition() ? Fault::none : Fault::gone;
        } else if (!condition()) {
            sleep(seen);
        }
        own_bell_.sleeps.store(0, std::memory_order_relaxed);
    }
    return false;
}

void Link::write(std::string_view bytes) {
    while (!bytes.empty() && fault_ == Fault::none) {
        std::uint32_t free = room();
        if (!check(free)) return;
        if (free == 0) {
            out_.writer_waits.store(1, std::memory_order_seq_cst);
            publish();
            const bool there = wait([this] { return room() != 0 || ready() != 0; });
            out_.writer_waits.store(0, std::memory_order_relaxed);
            if (!there) return;
            if (room() == 0) stash();
            continue;
        }
        const std::uint32_t at = written_ % k_ring_bytes;
        const auto count =
            std::min({bytes.size(), std::size_t{free}, std::size_t{k_ring_bytes - at}});
        std::memcpy(out_bytes_ + at, bytes.data(), count);
        written_ += static_cast<std::uint32_t>(count);
        bytes.remove_prefix(count);
    }
}

void Link::put(Message message, std::string_view text) {
    const Heading heading{static_cast<std::uint32_t>(message),
                          static_cast<std::uint32_t>(text.size())};
    std::array<char, sizeof(heading)> bytes;
    std::memcpy(bytes.data(), &heading, sizeof(heading));
    write({bytes.data(), bytes.size()});
    write(text);
}

void Link::publish() {
    show();
    ring(other_bell_);
}

// Takes what has come, as much as fits.
std::size_t Link::copy(char* into, std::size_t count) {
    const std::uint32_t there = ready();
    if (!check(there)) return 0;
    const std::uint32_t at = read_ % k_ring_bytes;
    const auto taken = std::min({count, std::size_t{there}, std::size_t{k_ring_bytes - at}});
    std::memcpy(into, in_bytes_ + at, taken);
    read_ += static_cast<std::uint32_t>(taken);
    in_.read.store(read_, std::memory_order_seq_cst);
    if (in_.writer_waits.load(std::memory_order_seq_cst) != 0) ring(other_bell_);
    return taken;
}

// Two sides that both wait for room would wait for ever: one that does keeps what comes meanwhile.
void Link::stash() {
    if (stashed_.size() > k_message_bytes_max) {
        fault_ = Fault::nonsense;
        return;
    }
    const std::size_t before = stashed_.size();
    stashed_.resize(before + k_ring_bytes);
    stashed_.resize(before + copy(stashed_.data() + before, k_ring_bytes));
}

bool Link::read(char* into, std::size_t count) {
    if (unstashed_ != stashed_.size()) {
        const std::size_t taken = std::min(count, stashed_.size() - unstashed_);
        std::memcpy(into, stashed_.data() + unstashed_, taken);
        unstashed_ += taken;
        into += taken;
        count -= taken;
        if (unstashed_ == stashed_.size()) {
            begin_anew(stashed_);
            unstashed_ = 0;
        }
    }
    while (count != 0) {
        if (!wait([this] { return ready() != 0; })) return false;
        const std::size_t taken = copy(into, count);
        into += taken;
        count -= taken;
    }
    return true;
}

Link::Received Link::receive() {
    std::array<char, sizeof(Heading)> bytes;
    if (!read(bytes.data(), bytes.size())) return {};
    Heading heading;
    std::memcpy(&heading, bytes.data(), sizeof(heading));
    if (heading.size > k_message_bytes_max || !is_message(heading.message)) {
        fault_ = Fault::nonsense;
        return {};
    }
    if (heading.size <= k_kept_bytes) begin_anew(received_);
    received_.resize(heading.size);
    if (!read(received_.data(), received_.size())) return {};
    return {static_cast<Message>(heading.message), received_};
}

}  // namespace bellwether::plugin::isolated
