// `Remote` is an instance of an isolated plugin as the host has it: each function of the plugin's
// table is asked for on a channel, and waited for, as the plugin in this process would be. Used on
// its worker's thread only.
//
// The host waits, and does not go on with other calls meanwhile, because nothing is cheaper: a
// processor that is handed from one thread to another and back costs less than a thread that is
// woken elsewhere, and a plugin's function takes microseconds. One that takes longer than the
// budget ends its process.
#pragma once

#include <bellwether/provider.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/isolated/life.hpp"
#include "plugin/isolated/link.hpp"
#include "plugin/isolated/replay.hpp"

namespace bellwether::plugin::isolated {

class Keeper;
class Remote;

// A call, of which a part may be asked for later, together with the next.
struct RemoteCall {
    std::shared_ptr<Remote> remote;  // which may have ended
    const std::uint32_t number;
    Spoken spoken{};
    bool is_plain = false;  // the client wants a whole reply, and no bytes
    bw_ticket watch = 0;
    // What the child has not been told yet, in order.
    struct Held {
        Message message;
        std::string text;
    };
    std::vector<Held> held{};
    bool closed_ahead = false;  // the child has closed it already
    bool failed_in_data = false;
};

class Remote : public std::enable_shared_from_this<Remote> {
  public:
    // One in the keeper's process of now, or how its plugin failed; `setup` has the host's handle.
    static std::expected<std::shared_ptr<Remote>, bw_status> make(Keeper& keeper,
                                                                  const bw_setup& setup);
    Remote(Keeper& keeper, bw_host* host, std::shared_ptr<Life> life, std::size_t channel);
    ~Remote();
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;

    bool is_gone() const { return life_->is_gone(); }

    bw_status open(bw_attempt* attempt, const bw_request& request, RemoteCall*& out);
    bw_status head(RemoteCall& call, const bw_head& head);
    bw_status data(RemoteCall& call, const bw_frame& frame);
    bw_status end(RemoteCall& call, const bw_end& last);
    bw_status step(RemoteCall& call, bw_step& next);
    bw_status estimate(const bw_request& request, bw_estimate* most);
    void close(RemoteCall& call, std::uint32_t reason);

    Life& life() { return *life_; }

  private:
    bw_status create(const bw_setup& setup);
    struct Question {
        const char* function;
        RemoteCall* call = nullptr;
        bw_estimate* estimate = nullptr;
    };
    std::optional<Returned> ask(const Question& question, Message message, const Packer& text);
    std::optional<Returned> listen(const Question& question);
    bool hear(const Link::Received& said, const Question& question);
    void begin_wait(std::size_t bytes);
    RemoteCall* call_of(std::uint32_t number) const;
    RemoteCall& add_call(bw_attempt* attempt);
    void drop(RemoteCall& call);
    bw_status died(bw_attempt* attempt, const char* function);
    void note_fault(const char* function);

    Keeper& keeper_;
    bw_host* const host_;
    const std::shared_ptr<Life> life_;
    const std::size_t channel_;
    Link link_;
    Packer packer_;
    std::vector<std::unique_ptr<RemoteCall>> calls_;  // by their numbers less one; some are null
    std::vector<std::uint32_t> free_;
    RemoteCall* ahead_ = nullptr;  // closed by the child, and not yet here
    // How a plain answer's head was taken so far: a plugin that has never chosen there how its body
    // is cut is told of it together with the body.
    bool may_choose_frame_ = false;
    bool knows_heads_ = false;
};

// What the host holds for an instance: its remote, and what is needed to make another one when its
// process has come back.
struct RemoteInstance {
    Keeper& keeper;
    bw_host* host;
    std::string config;
    std::shared_ptr<Remote> remote;

    // The remote; another one if its process has ended and another has begun.
    Remote& renewed();
};

}  // namespace bellwether::plugin::isolated
