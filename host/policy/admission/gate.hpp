// Keeps an answer back until the hold of its call is durable: no byte of the answer goes out
// before. The upstream is nearly always slower than the disk, so usually nothing has to be kept. On
// the worker's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/admission/admission.hpp"
#include "policy/attempts/attempts.hpp"

namespace bellwether::policy {

class Gate final : public Replies {
  public:
    // `on_kept` is called when the first piece has to wait. Its owner calls open() later.
    Gate(const Admission& admission, Replies& next, std::function<void()> on_kept)
        : admission_(admission), next_(next), on_kept_(std::move(on_kept)) {}

    // Lets through what was kept. The call may be gone when it returns.
    void open();
    // True while a piece or the end of the answer waits for open().
    bool keeps() const { return keeps_; }
    // How the call ended, if that waits for open(); else null.
    const CallEnd* kept_end() const { return end_ ? &*end_ : nullptr; }

    void on_reply(std::string json) override;
    void on_chunk(std::string_view json) override;
    void on_bytes(std::string_view type, std::string_view bytes) override;
    void on_end(const CallEnd& outcome) override;

  private:
    enum class Kind { reply, chunk, bytes };
    struct HeldPiece {
        Kind kind;
        std::string data;
        std::string type = {};  // of bytes
    };

    bool passes() const { return !keeps_ && admission_.durable(); }
    void let_through(const HeldPiece& piece);
    void keep();

    const Admission& admission_;
    Replies& next_;
    std::function<void()> on_kept_;
    bool keeps_ = false;
    std::vector<HeldPiece> pieces_;
    std::optional<CallEnd> end_;
};

}  // namespace bellwether::policy
