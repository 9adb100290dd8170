#include "plugin/isolated/child_entry.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <new>
#include <string_view>

#include "plugin/crash_report.hpp"
#include "plugin/isolated/child/confine.hpp"
#include "plugin/isolated/child/host_wishes.hpp"
#include "plugin/isolated/confinement.hpp"

namespace bellwether::plugin::isolated {
namespace {

constexpr const char* k_verb = "plugin-child";
constexpr int k_words = 4;
constexpr int k_wrong_usage = 2;

template <typename Number>
Number number_in(std::string_view word) {
    Number number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    return number;
}

// The host decides when its plugins end: a service manager tells all processes at once, and calls
// are still to be finished.
void leave_signals_to_host() {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) {
        ::signal(signal, SIG_IGN);
    }
}

// The allocator raises these bounds by itself with the first large block that is freed, and from
// then on keeps what large answers have taken.
void give_back_large_blocks() {
    constexpr int k_large_bytes = 4 << 20;
    mallopt(M_MMAP_THRESHOLD, k_large_bytes);
    mallopt(M_TRIM_THRESHOLD, k_large_bytes);
}

constinit Notices* lack_is_noted_in = nullptr;

void note_lack_of_memory() {
    lack_is_noted_in->out_of_memory.store(1);
    throw std::bad_alloc();
}

}  // namespace

std::vector<std::string> words_for_child(const std::string& provider, std::uint64_t memory_bytes) {
    return {fmt::format("bellwether: plugin of {}", provider), k_verb, std::to_string(getpid()),
            std::to_string(memory_bytes)};
}

bool is_child(int argc, char** argv) {
    return argc == k_words && std::string_view(argv[1]) == k_verb;
}

int run_child(int, char** argv) {
    static const std::atomic<bool> never_gone = false;
    auto shared = SharedMemory::open(k_memory_descriptor);
    if (!shared) {
        fmt::print(stderr, "error: a host starts this by itself: {}\n", shared.error());
        return k_wrong_usage;
    }
    Notices& notices = (*shared)->notices;
    lack_is_noted_in = &notices;
    std::set_new_handler(note_lack_of_memory);
    give_back_large_blocks();
    leave_signals_to_host();
    name_plugins_in_crashes();
    count_refusals_in(notices, k_bell_descriptor);
    notices.confined =
        confine_for_loading(number_in<std::uint64_t>(argv[3]), number_in<pid_t>(argv[2]));
    HostWishes(**shared, never_gone).serve();
    return 0;
}

}  // namespace bellwether::plugin::isolated
