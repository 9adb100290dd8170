#include "plugin/models.hpp"

#include <bellwether/ext/models.h>
#include <fmt/format.h>

#include <algorithm>
#include <bellwether/provider/rules.hpp>
#include <boost/asio/io_context.hpp>

#include "net/alarm.hpp"
#include "net/client.hpp"
#include "plugin/callback.hpp"
#include "plugin/instance.hpp"
#include "plugin/net_error.hpp"
#include "plugin/outgoing.hpp"
#include "plugin/sinks.hpp"

namespace bw::plugin {
namespace {

constexpr std::size_t k_body_bytes_max = 16u << 20;
constexpr std::size_t k_models_max = 100'000;
constexpr std::size_t k_id_bytes_max = 256;

// One question and its answer.
class ModelsQuestion final : private net::Events, private Sinks {
  public:
    ModelsQuestion(boost::asio::io_context& loop, Instance& instance, const bw_models_plugin& table)
        : loop_(loop),
          instance_(instance),
          table_(table),
          outgoing_(instance.provider()),
          alarm_(loop) {}

    Result<std::vector<std::string>> ask(net::Transport& transport,
                                         std::chrono::milliseconds limit) {
        bw_error error = new_error();
        may_send_ = true;
        const bw_status status =
            call(instance_.provider(), "ask", table_.ask, instance_.handle(), &handle_, &error);
        may_send_ = false;
        if (auto judged = judge(status, error); !judged) return std::unexpected(judged.error());
        if (!outgoing_.sent()) return std::unexpected(fault("asked for models and sent nothing"));
        outgoing_.complete(instance_.provider().timeouts.connect);
        exchange_ = transport.start(std::move(outgoing_.request), *this);
        alarm_.set(net::Alarm::Clock::now() + limit, [this, limit] {
            end(fail(ErrorKind::timeout, fmt::format("no answer within {} s", limit.count() / 1000),
                     "total_timeout"));
        });
        loop_.run();
        if (!result_) return std::unexpected(result_.error());
        return std::move(ids_);
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
            return end(std::unexpected(to_error(*failure, instance_.provider().name)));
        }
        std::vector<bw_header> fields;
        for (const auto& [name, value] : headers_) fields.push_back({str(name), str(value)});
        const bw_head head{.size = sizeof(bw_head),
                           .http_status = static_cast<std::uint32_t>(status_),
                           .headers = fields.data(),
                           .header_count = fields.size()};
        bw_error error = new_error();
        may_add_ = true;
        const bw_status status = call(instance_.provider(), "read", table_.read, instance_.handle(),
                                      &handle_, &head, str(body_), &error);
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
        ids_.push_back(presentable(id, instance_.provider()));
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
                                       instance_.provider().name, what),
                .code = "plugin_error"};
    }
    Result<void> judge(bw_status status, const bw_error& error) const {
        if (!misbehaviour_.empty()) return std::unexpected(fault(misbehaviour_));
        if (lacks_memory_) return std::unexpected(bw::out_of_memory());
        if (status == BW_OK) return {};
        return std::unexpected(plugin::to_error(status, error, instance_.provider()));
    }
    void end(Result<void> result) {
        result_ = std::move(result);
        alarm_.cancel();
        exchange_.reset();
        loop_.stop();
    }

    boost::asio::io_context& loop_;
    Instance& instance_;
    const bw_models_plugin& table_;
    Outgoing outgoing_;
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
    Result<void> result_;
};

ModelList own_models(const LoadedProvider& provider) {
    ModelList list;
    for (const auto& model : provider.models) list.ids.push_back(model.id);
    return list;
}

}  // namespace

Result<ModelList> list_models(const std::shared_ptr<const LoadedProvider>& provider,
                              std::chrono::milliseconds limit) {
    if (provider->origin.empty()) return own_models(*provider);
    const auto* table =
        static_cast<const bw_models_plugin*>(provider->library->extension(BW_EXT_MODELS));
    if (table == nullptr) {
        return fail(ErrorKind::unsupported, "its plugin cannot list models", "unsupported");
    }
    auto instance = Instance::create(provider);
    if (!instance) return std::unexpected(instance.error());
    boost::asio::io_context loop{1};
    net::Client client(loop);
    auto ids = ModelsQuestion(loop, **instance, *table).ask(client, limit);
    if (!ids) return std::unexpected(ids.error());
    std::ranges::sort(*ids);
    const auto repeated = std::ranges::unique(*ids);
    ids->erase(repeated.begin(), repeated.end());
    return ModelList{.asked = true, .ids = std::move(*ids)};
}

}  // namespace bw::plugin
