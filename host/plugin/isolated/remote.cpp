#include "plugin/isolated/remote.hpp"

#include <fmt/format.h>

#include <utility>

#include "plugin/host_handle.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/keeper.hpp"
#include "plugin/isolated/packing.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin::isolated {
namespace {

bool is_success(bw_status status) { return status == BW_OK || status == BW_COMPLETE; }

bw_status refuse_setup(const bw_setup& setup, const std::string& why) {
    bw_error error{};
    error.size = sizeof(bw_error);
    error.status = BW_E_INTERNAL;
    error.message = str(why);
    error.code = str("plugin_error");
    return host_api().fail(setup.host, nullptr, &error);
}

}  // namespace

std::expected<std::shared_ptr<Remote>, bw_status> Remote::make(Keeper& keeper,
                                                               const bw_setup& setup) {
    auto life = keeper.life();
    if (!life) {
        return std::unexpected(refuse_setup(setup, "its plugin's process " + keeper.why_down()));
    }
    const auto channel = life->take_channel();
    if (!channel) {
        return std::unexpected(refuse_setup(setup, "its plugin's process " + channel.error()));
    }
    auto remote = std::make_shared<Remote>(keeper, setup.host, std::move(life), *channel);
    const bw_status status = remote->create(setup);
    if (status != BW_OK) return std::unexpected(status);
    return remote;
}

Remote& RemoteInstance::renewed() {
    if (!remote->is_gone() || !keeper.life()) return *remote;
    bw_setup setup{};
    setup.size = sizeof(bw_setup);
    setup.host = host;
    setup.config = str(config);
    if (auto made = Remote::make(keeper, setup)) remote = *std::move(made);
    host->told.reset();  // if none could be made, the one that has gone says why
    return *remote;
}

Remote::Remote(Keeper& keeper, bw_host* host, std::shared_ptr<Life> life, std::size_t channel)
    : keeper_(keeper),
      host_(host),
      life_(std::move(life)),
      channel_(channel),
      link_(life_->shared()->channels[channel], Link::Side::host, life_->gone()) {
    keeper_.add_user(host);
}

Remote::~Remote() {
    if (!life_->is_gone()) {
        packer_.clear();
        ask({"destroy"}, Message::destroy, packer_);
    }
    life_->give_channel(channel_);
    keeper_.remove_user(host_);
}

// ---- asking -----------------------------------------------------------------------------------

RemoteCall* Remote::call_of(std::uint32_t number) const {
    return number == 0 || number > calls_.size() ? nullptr : calls_[number - 1].get();
}

// What is large takes longer, in the rings and in the plugin.
void Remote::begin_wait(std::size_t bytes) {
    constexpr std::size_t k_bytes_of_a_budget = 4u << 20;
    const auto budgets = static_cast<std::int64_t>(1 + bytes / k_bytes_of_a_budget);
    link_.give_up_at(std::chrono::steady_clock::now() + keeper_.budget() * budgets);
}

// False: no process of a plugin says that.
bool Remote::hear(const Link::Received& said, const Question& question) {
    Unpacker text(said.text);
    Hearer hearer{
        .host = host_, .call = nullptr, .estimate = question.estimate, .life = life_.get()};
    if (is_of_call(said.message)) {
        RemoteCall* const call = call_of(text.number<std::uint32_t>());
        if (call != nullptr) hearer.call = &call->spoken;
    }
    return replay(said.message, text, hearer);
}

std::optional<Returned> Remote::listen(const Question& question) {
    for (;;) {
        const auto said = link_.receive();
        if (said.message == Message::result) {
            Unpacker text(said.text);
            return unpack_returned(text);
        }
        if (said.message == Message::none) {
            note_fault(question.function);
            return std::nullopt;
        }
        if (hear(said, question)) continue;
        life_->kill(EndKind::nonsense, "said what no plugin's process says");
        return std::nullopt;
    }
}

void Remote::note_fault(const char* function) {
    if (link_.fault() == Fault::late) {
        life_->kill(EndKind::hang, fmt::format("did not return from {} within {} ms", function,
                                               keeper_.budget().count()));
    } else if (link_.fault() == Fault::nonsense) {
        life_->kill(EndKind::nonsense, "wrote what no plugin's process writes");
    }
}

// What was held back of the call goes first.
std::optional<Returned> Remote::ask(const Question& question, Message message, const Packer& text) {
    std::size_t bytes = text.done().size();
    if (question.call != nullptr) {
        for (const auto& held : question.call->held) bytes += held.text.size();
    }
    begin_wait(bytes);
    if (ahead_ != nullptr) {  // what it said in its call_close comes too late
        listen({"call_close"});
        std::exchange(ahead_, nullptr)->closed_ahead = false;
    }
    link_.tell_cpu();
    if (question.call != nullptr) {
        for (const auto& [held, words] : question.call->held) link_.put(held, words);
        question.call->held.clear();
    }
    link_.put(message, text.done());
    link_.publish();
    return listen(question);
}

// Fails the function that was asked for, as its process has ended.
bw_status Remote::died(bw_attempt* attempt, const char* function) {
    const std::string why =
        fmt::format("its plugin's process {} ({})", life_->ended().why, function);
    bw_error error{};
    error.size = sizeof(bw_error);
    error.status = BW_E_INTERNAL;
    error.message = str(why);
    return host_api().fail(host_, attempt, &error);
}

// ---- the functions of the table -----------------------------------------------------------------

bw_status Remote::create(const bw_setup& setup) {
    const LoadedProvider& provider = *host_->provider;
    packer_.clear().text(setup.config);
    const auto origins = provider.origins.texts();
    packer_.number(static_cast<std::uint32_t>(origins.size()));
    for (const auto& origin : origins) packer_.text(origin);
    packer_.number(static_cast<std::uint32_t>(provider.credentials.size()));
    for (const auto& one : provider.credentials) packer_.text(one.name);
    const auto ending = ask({"create"}, Message::create, packer_);
    if (!ending) return died(nullptr, "create");
    if (ending->status == BW_OK && ending->gave == 0) {
        return refuse_setup(setup, "its create gave no instance");
    }
    return ending->status;
}

RemoteCall& Remote::add_call(bw_attempt* attempt) {
    if (free_.empty()) {
        calls_.emplace_back();
        free_.push_back(static_cast<std::uint32_t>(calls_.size()));
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    auto& place = calls_[number - 1];
    place =
        std::make_unique<RemoteCall>(RemoteCall{.remote = shared_from_this(), .number = number});
    place->spoken.attempt = attempt;
    return *place;
}

void Remote::drop(RemoteCall& call) {
    if (call.spoken.ticket != 0) life_->unpair(call.spoken.ticket);
    if (call.watch != 0) life_->unwatch(call.watch);
    const std::uint32_t number = call.number;
    calls_[number - 1].reset();
    free_.push_back(number);
}

bw_status Remote::open(bw_attempt* attempt, const bw_request& request, RemoteCall*& out) {
    if (life_->is_gone()) return died(attempt, "call_open");
    RemoteCall& call = add_call(attempt);
    call.is_plain = (request.flags & BW_REQUEST_STREAM) == 0 && request.operation != BW_OP_SPEECH;
    call.spoken.given = view(request.body);
    pack(packer_.clear().number(call.number), request);
    const auto ending = ask({"call_open", &call}, Message::open, packer_);
    call.spoken.given = {};
    const bool opened = ending && is_success(ending->status) && ending->gave != 0;
    if (opened) {
        out = &call;
    } else {
        drop(call);
    }
    return ending ? ending->status : died(attempt, "call_open");
}

bw_status Remote::head(RemoteCall& call, const bw_head& head) {
    const bool plain = call.is_plain && head.http_status >= 200 && head.http_status < 300 &&
                       call.spoken.frame == BW_FRAME_WHOLE;
    const bool held = plain && knows_heads_ && !may_choose_frame_;
    packer_.clear().number(call.number).number(held ? 0u : k_answer);
    pack(packer_, head);
    if (held) {
        call.held.push_back({Message::head, packer_.done()});
        return BW_OK;
    }
    call.spoken.chose_frame = false;
    const auto ending = ask({"call_head", &call}, Message::head, packer_);
    if (!ending) return died(call.spoken.attempt, "call_head");
    knows_heads_ |= plain;
    may_choose_frame_ |= call.spoken.chose_frame;
    return ending->status;
}

// After a whole body call_end is next: the two are asked for together.
bw_status Remote::data(RemoteCall& call, const bw_frame& frame) {
    const bool held = frame.kind == BW_FRAME_WHOLE;
    packer_.clear().number(call.number).number(held ? 0u : k_answer);
    pack(packer_, frame);
    if (held) {
        call.held.push_back({Message::data, packer_.done()});
        return BW_OK;
    }
    const auto ending = ask({"call_data", &call}, Message::data, packer_);
    return ending ? ending->status : died(call.spoken.attempt, "call_data");
}

bw_status Remote::end(RemoteCall& call, const bw_end& last) {
    const char* const function = call.held.empty() ? "call_end" : "call_data or call_end";
    packer_.clear().number(call.number).number(last.exchange);
    const auto ending = ask({function, &call}, Message::end, packer_);
    call.spoken.phase.reset();
    if (!ending) return died(call.spoken.attempt, function);
    call.failed_in_data = ending->in_data != 0;
    if (ending->closed != 0) {
        call.closed_ahead = true;
        ahead_ = &call;
    }
    return ending->status;
}

bw_status Remote::step(RemoteCall& call, bw_step& next) {
    packer_.clear().number(call.number);
    const auto ending = ask({"step", &call}, Message::step, packer_);
    if (!ending) return died(call.spoken.attempt, "step");
    next.wait_ms = ending->wait_ms;
    return ending->status;
}

bw_status Remote::estimate(const bw_request& request, bw_estimate* most) {
    pack(packer_.clear(), request);
    const auto ending = ask({"estimate", nullptr, most}, Message::estimate, packer_);
    return ending ? ending->status : BW_E_INTERNAL;
}

void Remote::close(RemoteCall& call, std::uint32_t reason) {
    call.held.clear();
    if (call.closed_ahead) {
        ahead_ = nullptr;
        begin_wait(0);
        listen({"call_close", &call});
    } else if (!life_->is_gone()) {
        packer_.clear().number(call.number).number(reason);
        ask({"call_close", &call}, Message::close, packer_);
    }
    drop(call);
}

}  // namespace bellwether::plugin::isolated
