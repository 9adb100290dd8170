// How a keeper watches its process: what it says beside its calls, what it tried and may not do,
// and why it has ended.
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "observe/log.hpp"
#include "plugin/isolated/child/system_calls.hpp"
#include "plugin/isolated/cpu_watch.hpp"
#include "plugin/isolated/keeper.hpp"
#include "plugin/isolated/replay.hpp"
#include "plugin/tickets.hpp"

namespace bellwether::plugin::isolated {
namespace {

using Clock = std::chrono::steady_clock;

bool is_readable(short events) { return (events & (POLLIN | POLLHUP | POLLERR)) != 0; }

// The shorter one of two waits as poll(2) takes them.
int sooner(int one, int other) {
    if (one < 0 || other < 0) return std::max(one, other);
    return std::min(one, other);
}

}  // namespace

// Until the process has ended.
void Keeper::watch(Life& life) {
    Link notes(life.shared()->channels[k_notes_channel], Link::Side::host, life.gone());
    LastWords words(life.process().output(), wanted_.provider);
    refusals_told_.clear();
    CpuWatch cpu(life.process().id(), wanted_.limits.cpu_hundredths);
    std::optional<ChildProcess::Remains> remains;
    while (!remains) {
        constexpr int k_without_descriptor_ms = 50;
        pollfd watched[] = {{stop_.get(), POLLIN, 0},
                            {life.process().ended(), POLLIN, 0},
                            {life.process().bell(), POLLIN, 0},
                            {words.output(), POLLIN, 0}};
        const bool told_of_end = life.process().ended() >= 0;
        int wait_ms = sooner(cpu.wait_ms(), lines_.wait_ms(Clock::now()));
        if (!told_of_end) wait_ms = sooner(wait_ms, k_without_descriptor_ms);
        poll(watched, std::size(watched), notes.any() ? 0 : wait_ms);
        if (is_readable(watched[0].revents)) life.kill(EndKind::stopped, "was stopped");
        if (!hear(life, notes, words)) life.kill(EndKind::nonsense, "wrote nonsense");
        if (cpu.takes_too_much()) life.kill(EndKind::cpu, cpu.why());
        if (!told_of_end || is_readable(watched[1].revents)) remains = life.process().reap();
    }
    words.read();
    hear_refusals(life);
    tell_lines_left_out();
    const End end = reason_of(life, *remains, words);
    life.end(end.kind, end.why);
}

bool Keeper::hear(Life& life, Link& notes, LastWords& words) {
    std::uint64_t rung = 0;
    [[maybe_unused]] const ssize_t got = read(life.process().bell(), &rung, sizeof(rung));
    words.read();
    hear_notes(life, notes);
    hear_refusals(life);
    return notes.fault() != Fault::nonsense && notes.fault() != Fault::late;
}

// A few at a time: a plugin may say something without pause.
void Keeper::hear_notes(Life& life, Link& notes) {
    constexpr std::chrono::seconds k_rest_of_message{1};
    constexpr int k_notes_at_once = 256;
    for (int heard = 0; heard < k_notes_at_once && notes.any(); ++heard) {
        notes.give_up_at(Clock::now() + k_rest_of_message);
        hear_note(notes.receive(), life);
    }
    tell_lines_left_out();
}

void Keeper::hear_note(const Link::Received& said, Life& life) {
    Unpacker text(said.text);
    if (said.message == Message::wake) return wake(life.hosts_ticket(text.number<bw_ticket>()));
    if (said.message == Message::log && !lines_.may(Clock::now())) return;
    pass_on(said.message, text, life);
}

void Keeper::tell_lines_left_out() {
    if (const auto left_out = lines_.to_tell(Clock::now()); left_out > 0) {
        observe::warn("provider \"{}\": its plugin's threads log too much; {} lines were left out",
                      wanted_.provider, left_out);
    }
}

// What the plugin says beside its calls. A process that says anything else there is not heard.
void Keeper::pass_on(Message message, Unpacker& said, Life& life) {
    if (message != Message::log && message != Message::count) return;
    if (is_of_call(message)) said.number<std::uint32_t>();
    const Lock lock(users_mutex_);
    if (!users_.empty()) replay(message, said, {.host = users_.front(), .life = &life});
}

// Each system call is told of once for each process; the counters have all. The plugin can write
// what it likes where its process counts them: as much as can be is believed, and no more.
void Keeper::hear_refusals(Life& life) {
    constexpr std::uint64_t k_believed_max = 1'000'000;
    const auto& refused = life.shared()->notices.refused;
    std::map<std::string, std::uint64_t> said;
    for (std::size_t i = 0; i < refused.size(); ++i) {
        const std::uint32_t count = refused[i].load(std::memory_order_relaxed);
        if (count > 0) said[name_of_call(static_cast<unsigned>(i))] += count;
    }
    for (const auto& [name, count] : said) {
        const std::uint64_t believed = std::min(count, k_believed_max);
        const auto [told, is_new] = refusals_told_.try_emplace(name, 0);
        if (believed > told->second) {
            const Lock lock(mutex_);
            standing_.refused[name] += believed - told->second;
            told->second = believed;
        }
        if (!is_new) continue;
        observe::warn("provider \"{}\": its plugin tried {}, which it may not; refused",
                      wanted_.provider, name);
    }
}

// A plugin that finds no memory mostly crashes: then it had nearly all that it may have.
End Keeper::reason_of(Life& life, const ChildProcess::Remains& remains,
                      const LastWords& words) const {
    if (life.is_gone()) return life.ended();
    const std::string place = words.place().empty() ? "" : ": " + words.place();
    const int status = remains.status;
    const bool had_all =
        WIFSIGNALED(status) &&
        remains.peak_bytes >= wanted_.limits.memory_bytes - wanted_.limits.memory_bytes / 8;
    if (had_all || life.shared()->notices.out_of_memory.load() != 0) {
        return {EndKind::memory, fmt::format("ran out of the {} MiB that isolate_memory allows{}",
                                             wanted_.limits.memory_bytes >> 20, place)};
    }
    if (WIFSIGNALED(status)) {
        return {EndKind::signal,
                fmt::format("was ended by {}{}", signal_name(WTERMSIG(status)), place)};
    }
    return {EndKind::exit,
            fmt::format("ended by itself, with exit code {}{}", WEXITSTATUS(status), place)};
}

}  // namespace bellwether::plugin::isolated
