// `SharedMemory` is what a host and the child process of one plugin have in common: a first page of
// notices, and channels. A channel is a pair of rings of bytes and the words by which the two sides
// wake one another. The child is not trusted: whatever the host reads here it checks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>

namespace bellwether::plugin::isolated {

// How far a ring has been written and read, as counts that wrap around.
struct RingWords {
    alignas(64) std::atomic<std::uint32_t> written;
    alignas(64) std::atomic<std::uint32_t> read;
    std::atomic<std::uint32_t> writer_waits;  // for room
};

// What one side sleeps on.
struct Bell {
    alignas(64) std::atomic<std::uint32_t> rung;
    std::atomic<std::uint32_t> sleeps;
};

struct ChannelWords {
    RingWords to_child;
    RingWords to_host;
    Bell child;
    Bell host;
    std::atomic<std::uint32_t> host_cpu;  // on which the host's thread ran when it asked last
};

inline constexpr std::size_t k_page_bytes = 4096;
inline constexpr std::uint32_t k_ring_bytes = 256u << 10;  // a power of two
inline constexpr std::size_t k_channels = 128;
inline constexpr std::size_t k_calls_of_system = 512;

// What the child can say of itself without a message, also from a signal handler.
struct Notices {
    std::atomic<std::uint32_t> confined;       // which Confinement is on, as bits
    std::atomic<std::uint32_t> out_of_memory;  // operator new found none
    std::array<std::atomic<std::uint32_t>, k_calls_of_system> refused;  // system calls, by number
};
static_assert(sizeof(Notices) <= k_page_bytes);

struct Channel {
    alignas(k_page_bytes) ChannelWords words;
    alignas(k_page_bytes) std::array<std::byte, k_ring_bytes> to_child;
    std::array<std::byte, k_ring_bytes> to_host;
};

struct SharedLayout {
    alignas(k_page_bytes) Notices notices;
    // The first is for what concerns the whole plugin, the second for what its threads say of
    // themselves, the others are the instances'.
    std::array<Channel, k_channels> channels;
};
inline constexpr std::size_t k_control_channel = 0;
inline constexpr std::size_t k_notes_channel = 1;
inline constexpr std::size_t k_first_instance_channel = 2;

// A mapping of such memory. Pages that nobody has touched take no room.
class SharedMemory {
  public:
    static std::expected<SharedMemory, std::string> create();
    static std::expected<SharedMemory, std::string> open(int descriptor);
    SharedMemory(SharedMemory&& other) noexcept
        : layout_(std::exchange(other.layout_, nullptr)),
          descriptor_(std::exchange(other.descriptor_, -1)) {}
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    SharedLayout& operator*() const { return *layout_; }
    SharedLayout* operator->() const { return layout_; }
    int descriptor() const { return descriptor_; }

  private:
    SharedMemory(SharedLayout* layout, int descriptor) : layout_(layout), descriptor_(descriptor) {}

    SharedLayout* layout_;
    int descriptor_;
};

}  // namespace bellwether::plugin::isolated
