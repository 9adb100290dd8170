// The functions of Transfer that libcurl calls.
#include <cerrno>
#include <cstring>
#include <new>

#include "net/engine.hpp"
#include "net/transfer.hpp"

namespace bellwether::net {

namespace {

Transfer& transfer_of(void* self) { return static_cast<Easy*>(self)->transfer(); }

Shortage lack_of(int error) {
    if (error == EMFILE || error == ENFILE) return Shortage::descriptors;
    return error == ENOMEM || error == ENOBUFS ? Shortage::memory : Shortage::none;
}

}  // namespace

curl_socket_t Transfer::open_callback(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    Transfer& transfer = transfer_of(self);
    int opened = -1;
    try {
        opened = transfer.engine_.open_socket(*address);
        if (opened < 0) transfer.shortage_ = lack_of(errno);
    } catch (const std::bad_alloc&) {
        transfer.shortage_ = Shortage::memory;
    }
    return opened;
}

// No exception may pass through libcurl, so a lack of memory becomes a failure of the exchange.
template <typename Work>
auto Transfer::with_memory(const Work& work) noexcept -> decltype(work(*this)) {
    try {
        return work(*this);
    } catch (const std::bad_alloc&) {
        failure_ = make_shortage_failure(request_, Shortage::memory);
        return {};
    }
}

std::size_t Transfer::write_callback(char* data, std::size_t, std::size_t size,
                                     void* self) noexcept {
    const std::size_t taken = transfer_of(self).with_memory([&](Transfer& transfer) -> std::size_t {
        return transfer.on_body({data, size});
    });
    if (taken == k_abort) static_cast<Easy*>(self)->forbid_reuse();
    return taken;
}

std::size_t Transfer::header_callback(char* data, std::size_t, std::size_t size,
                                      void* self) noexcept {
    const bool good = transfer_of(self).with_memory([&](Transfer& transfer) {
        return transfer.on_header({data, size});
    });
    if (good) return size;
    static_cast<Easy*>(self)->forbid_reuse();
    return k_abort;
}

std::size_t Transfer::read_callback(char* to, std::size_t, std::size_t size, void* self) noexcept {
    Transfer& transfer = transfer_of(self);
    if (transfer.dropped()) {  // the body may be gone
        transfer.easy_->forbid_reuse();
        return CURL_READFUNC_ABORT;
    }
    const std::string_view rest = transfer.request_.body.substr(transfer.sent_);
    const std::size_t count = std::min(size, rest.size());
    std::memcpy(to, rest.data(), count);
    transfer.sent_ += count;
    return count;
}

// libcurl rewinds the body when it has to send it again on a fresh connection.
int Transfer::seek_callback(void* self, curl_off_t offset, int origin) noexcept {
    Transfer& transfer = transfer_of(self);
    const auto target = static_cast<std::size_t>(offset);
    if (origin != SEEK_SET || target > transfer.request_.body.size()) return CURL_SEEKFUNC_FAIL;
    transfer.sent_ = target;
    return CURL_SEEKFUNC_OK;
}

// An exchange that was dropped while libcurl worked for another one must not be sent, because its
// body may be gone.
int Transfer::before_send_callback(void* self, char*, char*, int, int local_port) noexcept {
    Transfer& transfer = transfer_of(self);
    const bool may = !transfer.dropped() && transfer.may_send(local_port);
    return may ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

int Transfer::debug_callback(CURL*, curl_infotype type, char* text, std::size_t size,
                             void* self) noexcept {
    if (type != CURLINFO_TEXT) return 0;
    const std::string_view said(text, size);
    const bool surplus =
        said.starts_with("Leftovers after chunking") || said.starts_with("Excess found");
    if (surplus) static_cast<Easy*>(self)->forbid_reuse();
    return 0;
}

}  // namespace bellwether::net
