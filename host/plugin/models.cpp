#include "plugin/models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "net/alarm.hpp"
#include "net/client.hpp"
#include "plugin/attempt.hpp"

namespace bellwether::plugin {

class ModelsQuestion::Asking final : private AttemptEvents,
                                     public std::enable_shared_from_this<Asking> {
  public:
    Asking(boost::asio::io_context& loop, WhichModels which, OnAnswer on_answer)
        : loop_(loop), which_(std::move(which)), on_answer_(std::move(on_answer)), alarm_(loop) {
        call_.id = "models";
    }

    void ask(net::Transport& transport, credentials::TokenDesk& desk) {
        const std::chrono::milliseconds limit = which_.limit;
        const Order order{.call = &call_,
                          .model = {},
                          .body = "{}",
                          .credential = which_.credential,
                          .connect_timeout = which_.instance->provider().timeouts.connect,
                          .deadline = limit,
                          .lists_models = true};
        attempt_.emplace(which_.instance, order, static_cast<AttemptEvents&>(*this));
        if (auto started = attempt_->start(transport, desk, loop_); !started) {
            return on_end(std::move(started));
        }
        alarm_.set(Clock::now() + limit, [this, limit] {
            attempt_->close(BW_CLOSE_TIMEOUT);
            on_end(fail(ErrorKind::timeout,
                        fmt::format("no answer within {} s", limit.count() / 1000),
                        "total_timeout"));
        });
    }

  private:
    void on_head(std::span<const net::Header>) override {}
    void on_limits(const SaidLimits&) override {}
    void on_piece(Piece, std::string_view) override {}
    // Answers from the loop, because a function of this question is on the stack.
    void on_end(Result<void> result) override {
        alarm_.cancel();
        boost::asio::post(loop_, [weak = weak_from_this(), result = std::move(result)] {
            const auto self = weak.lock();
            if (!self) return;
            if (!result) return self->on_answer_(std::unexpected(result.error()));
            self->on_answer_(self->attempt_->models());
        });
    }

    boost::asio::io_context& loop_;
    const WhichModels which_;
    OnAnswer on_answer_;
    net::Alarm alarm_;
    Call call_;
    std::optional<Attempt> attempt_;
};

ModelsQuestion::ModelsQuestion(boost::asio::io_context& loop, net::Transport& transport,
                               credentials::TokenDesk& desk, WhichModels which, OnAnswer on_answer)
    : asking_(std::make_shared<Asking>(loop, std::move(which), std::move(on_answer))) {
    asking_->ask(transport, desk);
}

ModelsQuestion::~ModelsQuestion() = default;

namespace {

ModelList own_models(const LoadedProvider& provider) {
    ModelList list;
    for (const auto& model : provider.models) list.ids.push_back(model.id);
    return list;
}

}  // namespace

bool can_be_asked(const LoadedProvider& provider) {
    return !provider.origins.empty() && provider.manifest.lists_models;
}

Result<ModelList> list_models(const std::shared_ptr<const LoadedProvider>& provider,
                              std::chrono::milliseconds limit, std::size_t credential) {
    if (provider->origins.empty()) return own_models(*provider);
    if (!can_be_asked(*provider)) {
        return fail(ErrorKind::unsupported, "its plugin cannot list models", "unsupported");
    }
    auto instance = Instance::create(provider);
    if (!instance) return std::unexpected(instance.error());
    boost::asio::io_context loop{1};
    net::Client client(loop);
    credentials::TokenDesk desk(loop, client);
    Result<std::vector<std::string>> ids;
    const WhichModels which{*std::move(instance), limit, credential};
    const ModelsQuestion question(loop, client, desk, which, [&](auto answer) {
        ids = std::move(answer);
        loop.stop();
    });
    loop.run();
    if (!ids) return std::unexpected(ids.error());
    std::ranges::sort(*ids);
    const auto repeated = std::ranges::unique(*ids);
    ids->erase(repeated.begin(), repeated.end());
    return ModelList{.asked = true, .ids = *std::move(ids)};
}

}  // namespace bellwether::plugin
