#include "plugin/models.hpp"

#include <bellwether/ext/models.h>
#include <fmt/format.h>

#include <algorithm>
#include <bellwether/provider/rules.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "net/alarm.hpp"
#include "net/client.hpp"
#include "plugin/callback.hpp"
#include "plugin/net_error.hpp"
#include "plugin/outgoing.hpp"
#include "plugin/sinks.hpp"

namespace bw::plugin {
namespace {

constexpr std::size_t k_body_bytes_max = 16u << 20;
constexpr std::size_t k_models_max = 100'000;
constexpr std::size_t k_id_bytes_max = 256;

const bw_models_plugin* models_part(const LoadedProvider& provider) {
    return static_cast<const bw_models_plugin*>(provider.library->extension(BW_EXT_MODELS));
}

}  // namespace

class ModelsQuestion::Asking final : private net::Events,
                                     private Sinks,
                                     public std::enable_shared_from_this<Asking> {
  public:
    Asking(boost::asio::io_context& loop, std::shared_ptr<Instance> instance, OnAnswer on_answer)
        : loop_(loop),
          instance_(std::move(instance)),
          table_(*models_part(instance_->provider())),
          outgoing_(instance_->provider()),
          on_answer_(std::move(on_answer)),
          alarm_(loop) {}

    void ask(net::Transport& transport, std::chrono::milliseconds limit) {
        bw_error error = new_error();
        may_send_ = true;
        const bw_status status =
            call(instance_->provider(), "ask", table_.ask, instance_->handle(), &handle_, &error);
        may_send_ = false;
        if (auto judged = judge(status, error); !judged) return end(std::move(judged));
        if (!outgoing_.sent()) {
            return end(std::unexpected(fault("asked for models and sent nothing")));
        }
        outgoing_.complete(instance_->provider().timeouts.connect);
        exchange_ = transport.start(std::move(outgoing_.request), *this);
        alarm_.set(net::Alarm::Clock::now() + limit, [this, limit] {
            end(fail(ErrorKind::timeout, fmt::format("no answer within {} s", limit.count() / 1000),
                     "total_timeout"));
        });
    }

  private:
    void on_head(int status, std::span<const net::Header> headers) override {
        status_ = status;
        for (const auto& header : headers) {
            headers_.emplace_back(std::string(header.name), std::string(header.value));
        }
    }

    void on_data(std::string_view bytes) override {
        if (body_.size() + bytes.size() > k_body_bytes_max) {
            return end(fail(ErrorKind::protocol, "the list of models is longer than 16 MiB",
                            "upstream_too_large"));
        }
        body_.append(bytes);
    }

    void on_end(std::optional<net::Failure> failure) override {
        if (failure) {
            return end(std::unexpected(to_error(*failure, instance_->provider().name)));
        }
        std::vector<bw_header> fields;
        for (const auto& [name, value] : headers_) fields.push_back({str(name), str(value)});
        const bw_head head{.size = sizeof(bw_head),
                           .http_status = static_cast<std::uint32_t>(status_),
                           .headers = fields.data(),
                           .header_count = fields.size()};
        bw_error error = new_error();
        may_add_ = true;
        const bw_status status = call(instance_->provider(), "read", table_.read,
                                      instance_->handle(), &handle_, &head, str(body_), &error);
        may_add_ = false;
        end(judge(status, error));
    }

    void send(std::string_view method, std::string_view url, std::uint32_t frame) override {
        if (!may_send_) return misbehaved("send outside ask");
        if (const char* const broken = rules::check_ask(method)) return misbehaved(broken);
        obey(outgoing_.send(method, url, frame));
    }
    void send_header(std::string_view name, std::string_view value) override {
        may_send_ ? obey(outgoing_.header(name, value)) : misbehaved("send_header outside ask");
    }
    void send_secret(std::string_view name, std::string_view prefix,
                     std::string_view secret) override {
        may_send_ ? obey(outgoing_.secret(name, prefix, secret))
                  : misbehaved("send_secret outside ask");
    }
    void send_body(std::string_view) override { misbehaved("send_body of a GET"); }
    void begin_generating() override { misbehaved("generate outside call_open"); }
    void emit(std::uint32_t, std::string_view) override { misbehaved("emit outside a call"); }
    void emit_usage(const bw_usage&) override { misbehaved("emit_usage outside a call"); }
    void add_model(std::string_view id) override {
        if (const char* const broken = rules::check_add(may_add_)) return misbehaved(broken);
        if (id.empty() || id.size() > k_id_bytes_max || ids_.size() == k_models_max) return;
        ids_.push_back(presentable(id, instance_->provider()));
    }

    void out_of_memory() override { lacks_memory_ = true; }

    void obey(const char* broken_rule) {
        if (broken_rule != nullptr) misbehaved(broken_rule);
    }
    void misbehaved(std::string_view rule) {
        if (misbehaviour_.empty()) misbehaviour_ = rule;
    }
    Error fault(std::string_view what) const {
        return {.kind = ErrorKind::internal,
                .message = fmt::format("plugin misbehaved: provider \"{}\": {}",
                                       instance_->provider().name, what),
                .code = "plugin_error"};
    }
    Result<void> judge(bw_status status, const bw_error& error) const {
        if (!misbehaviour_.empty()) return std::unexpected(fault(misbehaviour_));
        if (lacks_memory_) return std::unexpected(bw::out_of_memory());
        if (status == BW_OK) return {};
        return std::unexpected(plugin::to_error(status, error, instance_->provider()));
    }
    // Answers from the loop, because a function of this question is on the stack.
    void end(Result<void> result) {
        alarm_.cancel();
        exchange_.reset();
        boost::asio::post(loop_, [weak = weak_from_this(), result = std::move(result)] {
            const auto self = weak.lock();
            if (!self) return;
            if (!result) return self->on_answer_(std::unexpected(result.error()));
            self->on_answer_(std::move(self->ids_));
        });
    }

    boost::asio::io_context& loop_;
    const std::shared_ptr<Instance> instance_;
    const bw_models_plugin& table_;
    Outgoing outgoing_;
    OnAnswer on_answer_;
    net::Alarm alarm_;
    net::Exchange exchange_;
    bw_exchange handle_{this};
    bool may_send_ = false;
    bool lacks_memory_ = false;
    bool may_add_ = false;
    int status_ = 0;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::string body_;
    std::vector<std::string> ids_;
    std::string misbehaviour_;
};

ModelsQuestion::ModelsQuestion(boost::asio::io_context& loop, net::Transport& transport,
                               std::shared_ptr<Instance> instance, std::chrono::milliseconds limit,
                               OnAnswer on_answer)
    : asking_(std::make_shared<Asking>(loop, std::move(instance), std::move(on_answer))) {
    asking_->ask(transport, limit);
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
    return !provider.origin.empty() && models_part(provider) != nullptr;
}

Result<ModelList> list_models(const std::shared_ptr<const LoadedProvider>& provider,
                              std::chrono::milliseconds limit) {
    if (provider->origin.empty()) return own_models(*provider);
    if (!can_be_asked(*provider)) {
        return fail(ErrorKind::unsupported, "its plugin cannot list models", "unsupported");
    }
    auto instance = Instance::create(provider);
    if (!instance) return std::unexpected(instance.error());
    boost::asio::io_context loop{1};
    net::Client client(loop);
    Result<std::vector<std::string>> ids;
    const ModelsQuestion question(loop, client, *std::move(instance), limit, [&](auto answer) {
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

}  // namespace bw::plugin
