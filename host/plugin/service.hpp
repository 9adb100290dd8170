// What the instances of one provider share: the plugin's bw_service, if it has one. Opened once for
// a provider, by whoever asks first, and closed when the provider is dropped, after its instances.
#pragma once

#include <bellwether/provider.h>

#include <mutex>
#include <optional>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "plugin/host_handle.hpp"

namespace bellwether::plugin {

class SharedService {
  public:
    SharedService() = default;
    ~SharedService();
    SharedService(const SharedService&) = delete;
    SharedService& operator=(const SharedService&) = delete;

    // The service of the provider, which must be the same one each time and outlive the object;
    // null if its plugin has none. Opening one may take long, and everybody who asks meanwhile
    // waits: so the host asks for all of them before it serves. From any thread.
    Result<bw_service*> of(const LoadedProvider& provider);
    // Tells an open service, and once only that it drains; `kind` is a BW_NOTICE_*. From any
    // thread.
    void notice(std::uint32_t kind);

  private:
    void open(const LoadedProvider& provider);

    std::once_flag once_;
    const LoadedProvider* provider_ = nullptr;
    bw_host host_{};
    bw_service* handle_ = nullptr;
    std::optional<Error> failed_;
    Mutex notices_;  // they come one at a time
    bool drains_ GUARDED_BY(notices_) = false;
};

}  // namespace bellwether::plugin
