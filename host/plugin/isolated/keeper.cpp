#include "plugin/isolated/keeper.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "observe/log.hpp"
#include "plugin/host_handle.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/child_entry.hpp"
#include "plugin/isolated/replay.hpp"

namespace bellwether::plugin::isolated {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds k_load_time{30};
constexpr std::chrono::seconds k_notice_time{5};
constexpr std::chrono::seconds k_close_time{5};
// The host waits for a service before it serves, and a plugin may compute long for it.
constexpr std::chrono::seconds k_open_time = std::chrono::hours(24);

}  // namespace

const char* word_of(Condition condition) {
    switch (condition) {
        case Condition::starting: return "starting";
        case Condition::up: return "up";
        case Condition::waiting: return "waiting";
        case Condition::quarantined: return "quarantined";
        default: return "stopped";
    }
}

Keeper::Keeper(Wanted wanted, std::filesystem::path file, const LibraryCopies& library,
               std::string id)
    : wanted_(std::move(wanted)),
      file_(std::move(file)),
      library_(library),
      id_(std::move(id)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

std::expected<void, std::string> Keeper::wait_until_loaded() {
    const Lock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return loaded_once_ || !first_fault_.empty(); });
    if (!loaded_once_) return std::unexpected(first_fault_);
    return {};
}

Keeper::~Keeper() {
    stopping_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = write(stop_.get(), &one, sizeof(one));
    if (thread_.joinable()) thread_.join();
}

// ---- its thread ---------------------------------------------------------------------------------

void Keeper::run() {
    while (!stopping_) {
        set(Condition::starting);
        auto begun = begin();
        if (begun) {
            const std::shared_ptr<Life>& life = *begun;
            std::thread maker([this, life] { make_ready(life); });
            watch(*life);
            maker.join();
            mourn(life->ended());
        } else {
            mourn(begun.error());
        }
        const Lock lock(mutex_);
        if (!loaded_once_) {
            if (first_fault_.empty()) first_fault_ = "its process " + standing_.last_end;
            changed_.notify_all();
            return;
        }
    }
}

std::expected<std::shared_ptr<Life>, End> Keeper::begin() {
    auto shared = SharedMemory::create();
    if (!shared) return std::unexpected(End{EndKind::start, shared.error()});
    auto process =
        ChildProcess::start(words_for_child(wanted_.provider, wanted_.limits.memory_bytes),
                            shared->descriptor(), library_);
    if (!process) return std::unexpected(End{EndKind::start, process.error()});
    return std::make_shared<Life>(*std::move(shared), *std::move(process));
}

// Runs beside the watching of the process, which may end meanwhile.
void Keeper::make_ready(const std::shared_ptr<Life>& begun) {
    Life& life = *begun;
    if (auto loaded = load(life); !loaded) {
        {
            const Lock lock(mutex_);
            if (!loaded_once_ && !life.is_gone()) first_fault_ = loaded.error();
        }
        return life.kill(EndKind::start, loaded.error());
    }
    bool wants_service = false;
    {
        const Lock lock(mutex_);
        wants_service = service_config_.has_value();
    }
    bw_host nobody;
    if (wants_service && open_service_in(life, &nobody) != BW_OK) {
        const std::string why = nobody.told ? nobody.told->message : "it did not say why";
        return life.kill(EndKind::start, "could not open its service: " + why);
    }
    if (life.is_gone()) return;
    const Lock lock(mutex_);
    life_ = begun;
    loaded_once_ = true;
    condition_ = Condition::up;
    changed_.notify_all();
}

std::expected<void, std::string> Keeper::load(Life& life) {
    Packer text;
    text.text(wanted_.provider).text(file_.string()).text(id_);
    text.number(static_cast<std::uint32_t>(library_.libraries.size()));
    for (const auto& library : library_.libraries) text.text(library.file.string());
    Description description;
    std::string refusal = "it cannot be loaded";
    const auto hears = [&](Message message, Unpacker& said) {
        if (message == Message::log) refusal = view(said.text());
        if (message != Message::load) return;
        description.abi_minor = said.number<std::uint32_t>();
        description.host_minor_needed = said.number<std::uint32_t>();
        description.request_must = said.number<std::uint32_t>();
        description.id = view(said.text());
        description.version = view(said.text());
        const std::string manifest(view(said.text()));
        if (said.number<std::uint32_t>() != 0) description.manifest = manifest;
        description.has_service = said.number<std::uint32_t>() != 0;
        description.hears_notices = said.number<std::uint32_t>() != 0;
        description.has_step = said.number<std::uint32_t>() != 0;
        description.has_estimate = said.number<std::uint32_t>() != 0;
    };
    const auto ending = life.ask(Message::load, text.done(), k_load_time, hears);
    if (!ending) return std::unexpected("its process " + life.ended().why);
    if (ending->status != BW_OK) return std::unexpected(refusal);
    const Lock lock(mutex_);
    if (!loaded_once_) description_ = description;
    return {};
}

std::optional<bw_status> Keeper::open_service_in(Life& life, bw_host* host) {
    std::string config;
    {
        const Lock lock(mutex_);
        config = service_config_.value_or("{}");
    }
    const Hearer hearer{.host = host, .life = &life};
    const auto hears = [&](Message message, Unpacker& said) {
        if (is_of_call(message)) said.number<std::uint32_t>();
        replay(message, said, hearer);
    };
    const auto ending = life.ask(
        Message::service_open, Packer().text(std::string_view(config)).done(), k_open_time, hears);
    if (!ending) return std::nullopt;
    return ending->status == BW_OK && ending->gave == 0 ? bw_status{BW_E_INTERNAL} : ending->status;
}

// Says that the process has ended, and waits for the time at which it is to come back.
void Keeper::mourn(const End& end) {
    bool was_up = false;
    {
        const Lock lock(mutex_);
        was_up = loaded_once_;
        standing_.last_end = end.why;
        ++standing_.ends[static_cast<std::size_t>(end.kind)];
        life_.reset();
        condition_ = Condition::waiting;
    }
    if (stopping_ || !was_up) return;
    const auto next = revival_.ended(Clock::now());
    if (next.quarantined) {
        observe::error(
            "provider \"{}\": its plugin's process {}; it has ended too often, and is left alone "
            "for {} s",
            wanted_.provider, end.why,
            std::chrono::duration_cast<std::chrono::seconds>(next.wait).count());
        set(Condition::quarantined);
    } else {
        observe::error("provider \"{}\": its plugin's process {}; it starts again in {} ms",
                       wanted_.provider, end.why, next.wait.count());
    }
    wait(next.wait);
}

bool Keeper::wait(std::chrono::milliseconds time) {
    pollfd stop{stop_.get(), POLLIN, 0};
    return poll(&stop, 1, static_cast<int>(time.count())) == 0;
}

void Keeper::set(Condition condition) {
    const Lock lock(mutex_);
    condition_ = condition;
}

// ---- for the others -----------------------------------------------------------------------------

std::shared_ptr<Life> Keeper::life() const {
    const Lock lock(mutex_);
    return condition_ == Condition::up && life_ && !life_->is_gone() ? life_ : nullptr;
}

std::string Keeper::why_down() const {
    const Lock lock(mutex_);
    if (condition_ == Condition::quarantined) {
        return fmt::format("is in quarantine, as it has ended too often; at last it {}",
                           standing_.last_end);
    }
    return standing_.last_end.empty() ? "is starting"
                                      : fmt::format("is starting again; it {}", standing_.last_end);
}

ProcessStanding Keeper::standing() const {
    const Lock lock(mutex_);
    ProcessStanding now = standing_;
    now.condition = condition_;
    if (life_) {
        now.process = life_->process().id();
        now.confined = life_->shared()->notices.confined.load(std::memory_order_relaxed);
    }
    return now;
}

bw_status Keeper::open_service(const bw_setup& setup) {
    {
        const Lock lock(mutex_);
        service_config_ = std::string(view(setup.config));
    }
    add_user(setup.host);
    const auto alive = life();
    const auto status = alive ? open_service_in(*alive, setup.host) : std::nullopt;
    if (status && *status == BW_OK) return BW_OK;
    remove_user(setup.host);
    {
        const Lock lock(mutex_);
        service_config_.reset();
    }
    if (status) return *status;
    const std::string why =
        "its plugin's process " + (alive ? alive->ended().why : why_down()) + " (service_open)";
    bw_error error{};
    error.size = sizeof(bw_error);
    error.status = BW_E_INTERNAL;
    error.message = str(why);
    return host_api().fail(setup.host, nullptr, &error);
}

void Keeper::notice_service(std::uint32_t kind) {
    const auto alive = life();
    if (!alive || !description_.hears_notices) return;
    alive->ask(Message::service_notice, Packer().number(kind).done(), k_notice_time,
               [&](Message message, Unpacker& said) { pass_on(message, said, *alive); });
}

void Keeper::close_service() {
    {
        const Lock lock(mutex_);
        service_config_.reset();
    }
    if (const auto alive = life()) {
        alive->ask(Message::service_close, {}, k_close_time,
                   [&](Message message, Unpacker& said) { pass_on(message, said, *alive); });
    }
    const Lock lock(users_mutex_);
    users_.clear();
}

void Keeper::add_user(bw_host* host) {
    const Lock lock(users_mutex_);
    users_.push_back(host);
}

void Keeper::remove_user(bw_host* host) {
    const Lock lock(users_mutex_);
    if (const auto one = std::ranges::find(users_, host); one != users_.end()) users_.erase(one);
}

}  // namespace bellwether::plugin::isolated
