// `HostWishes` does what the host asks of the whole plugin: to load its file, to open and close its
// service, and to serve one more channel. On the first thread of the child process.
#pragma once

#include <string>

#include "plugin/isolated/child/speaker.hpp"
#include "plugin/isolated/link.hpp"
#include "plugin/library.hpp"

namespace bellwether::plugin::isolated {

class HostWishes {
  public:
    HostWishes(SharedLayout& shared, const std::atomic<bool>& gone);
    void serve();

  private:
    void perform(Message message, Unpacker& text);
    void load(Unpacker& text);
    std::expected<void, std::string> open_file(const std::string& id,
                                               const std::vector<std::string>& brought);
    void describe();
    void open_service(Unpacker& text);
    void notice(std::uint32_t kind);
    void close_service();
    void serve_channel(std::uint32_t number);
    void answer(bw_status status, bool gave = false);
    template <typename Function, typename... Arguments>
    auto enter(const char* name, Function function, Arguments... arguments);

    SharedLayout& shared_;
    const std::atomic<bool>& gone_;
    Link link_;
    Notes notes_;
    std::shared_ptr<const Library> library_;
    OpenedPlugin plugin_;
    Whereabouts whereabouts_;
};

}  // namespace bellwether::plugin::isolated
