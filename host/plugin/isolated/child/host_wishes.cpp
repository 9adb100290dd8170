#include "plugin/isolated/child/host_wishes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "plugin/bundled_libraries.hpp"
#include "plugin/crash_report.hpp"
#include "plugin/isolated/child/confine.hpp"
#include "plugin/isolated/child/performer.hpp"
#include "plugin/isolated/child_entry.hpp"
#include "plugin/private_copy.hpp"

namespace bellwether::plugin::isolated {
namespace {

std::vector<char> bytes_of_library() {
    struct stat info {};
    if (fstat(k_library_descriptor, &info) != 0) return {};
    std::vector<char> bytes(static_cast<std::size_t>(info.st_size));
    std::size_t read = 0;
    while (read < bytes.size()) {
        const ssize_t got = pread(k_library_descriptor, bytes.data() + read, bytes.size() - read,
                                  static_cast<off_t>(read));
        if (got <= 0) return {};
        read += static_cast<std::size_t>(got);
    }
    return bytes;
}

// Where the linker finds the file behind a descriptor that this process was given; its messages get
// the file's own name.
std::filesystem::path copy_of(const std::string& file, int descriptor) {
    std::filesystem::path copy = fmt::format("/proc/self/fd/{}", descriptor);
    remember_original(copy, file);
    return copy;
}

}  // namespace

HostWishes::HostWishes(SharedLayout& shared, const std::atomic<bool>& gone)
    : shared_(shared),
      gone_(gone),
      link_(shared.channels[k_control_channel], Link::Side::child, gone),
      notes_(shared.channels[k_notes_channel], gone, k_bell_descriptor) {
    take_notes_with(notes_);
}

void HostWishes::serve() {
    give_thread_a_stack_for_crashes();
    for (;;) {
        const auto [message, text] = link_.receive();
        if (message == Message::none) return;
        Unpacker unpacker(text);
        perform(message, unpacker);
        link_.publish();
    }
}

void HostWishes::perform(Message message, Unpacker& text) {
    switch (message) {
        case Message::load: return load(text);
        case Message::service_open: return open_service(text);
        case Message::service_notice: return notice(text.number<std::uint32_t>());
        case Message::service_close: return close_service();
        case Message::serve: return serve_channel(text.number<std::uint32_t>());
        default: return answer(BW_E_INTERNAL);
    }
}

void HostWishes::answer(bw_status status, bool gave) {
    Packer text;
    pack(text, Returned{.status = status, .gave = std::uint32_t{gave}});
    link_.put(Message::result, text.done());
}

template <typename Function, typename... Arguments>
auto HostWishes::enter(const char* name, Function function, Arguments... arguments) {
    const Speaking speaking(link_, name, whereabouts_, *plugin_.table);
    return function(arguments...);
}

// The answer is what the plugin's table says, or why it was refused.
void HostWishes::load(Unpacker& text) {
    whereabouts_.provider = view(text.text());
    whereabouts_.file = view(text.text());
    const std::string id(view(text.text()));
    std::vector<std::string> brought(text.number<std::uint32_t>());
    for (auto& file : brought) file = view(text.text());
    if (auto opened = open_file(id, brought); !opened) {
        link_.put(Message::log, Packer().text(std::string_view(opened.error())).done());
        return answer(BW_E_INVALID);
    }
    shared_.notices.confined.fetch_or(confine_for_good());
    describe();
    answer(BW_OK);
}

std::expected<void, std::string> HostWishes::open_file(const std::string& id,
                                                       const std::vector<std::string>& brought) {
    int next = k_first_brought_descriptor;
    std::vector<std::filesystem::path> first;
    for (const auto& file : brought) first.push_back(copy_of(file, next++));
    const auto beside = BundledLibraries::in_order(copy_of(whereabouts_.file, k_library_descriptor),
                                                   std::move(first));
    auto opened = Library::open(whereabouts_.file, read_needs(bytes_of_library()), beside, id);
    if (!opened) return std::unexpected(opened.error());
    while (next > k_first_brought_descriptor) close(--next);
    library_ = *opened;
    plugin_.table = &library_->table();
    const auto* const engine =
        static_cast<const bw_engine_plugin*>(library_->extension(BW_EXT_ENGINE));
    const auto* const estimate =
        static_cast<const bw_estimate_plugin*>(library_->extension(BW_EXT_ESTIMATE));
    if (engine != nullptr && BW_CAN(engine, step)) plugin_.engine = engine;
    if (estimate != nullptr && BW_CAN(estimate, estimate)) plugin_.estimate = estimate;
    return {};
}

void HostWishes::describe() {
    const bw_plugin& table = *plugin_.table;
    Packer text;
    text.number(table.abi_minor).number(table.host_minor_needed).number(table.request_must);
    text.text(std::string_view(table.id)).text(std::string_view(table.version));
    text.text(std::string_view(table.manifest == nullptr ? "" : table.manifest));
    text.number(std::uint32_t{table.manifest != nullptr});
    text.number(std::uint32_t{table.service_open != nullptr});
    text.number(std::uint32_t{table.service_notice != nullptr});
    text.number(std::uint32_t{plugin_.engine != nullptr});
    text.number(std::uint32_t{plugin_.estimate != nullptr});
    link_.put(Message::load, text.done());
}

void HostWishes::open_service(Unpacker& text) {
    bw_setup setup{};
    setup.size = sizeof(bw_setup);
    setup.api = &spoken_api();
    setup.host = reinterpret_cast<bw_host*>(this);
    setup.config = text.text();
    bw_service* service = nullptr;
    const bw_status status = enter("service_open", plugin_.table->service_open, &setup, &service);
    plugin_.service = service;
    answer(status, service != nullptr);
}

void HostWishes::notice(std::uint32_t kind) {
    bw_notice said{};
    said.size = sizeof(bw_notice);
    said.kind = kind;
    enter("service_notice", plugin_.table->service_notice, plugin_.service, &said);
    answer(BW_OK);
}

void HostWishes::close_service() {
    enter("service_close", plugin_.table->service_close, plugin_.service);
    plugin_.service = nullptr;
    answer(BW_OK);
}

void HostWishes::serve_channel(std::uint32_t number) {
    if (number < k_first_instance_channel || number >= k_channels) return answer(BW_E_INTERNAL);
    std::thread([this, number] {
        Performer(shared_.channels[number], gone_, plugin_, whereabouts_).serve();
    }).detach();
    answer(BW_OK);
}

}  // namespace bellwether::plugin::isolated
