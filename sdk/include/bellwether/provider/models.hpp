// Listing the upstream's models, for a provider class that can. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/exchange.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace bw {

// What ask_models(bw::ModelsQuery) sends with, exactly once.
class ModelsQuery {
  public:
    ModelsQuery(const bw_host_api* api, bw_exchange* exchange) : api_(api), exchange_(exchange) {}

    // `url` has the origin of base_url.
    Sending get(std::string_view url) const {
        api_->send(exchange_, detail::to_str("GET"), detail::to_str(url), BW_FRAME_WHOLE);
        return {api_, exchange_};
    }

  private:
    const bw_host_api* api_;
    bw_exchange* exchange_;
};

// What read_models(bw::ModelsReply) reads. Borrowed.
class ModelsReply {
  public:
    ModelsReply(const bw_models_host* host, bw_exchange* exchange, const bw_head& head, bw_str body)
        : host_(host), exchange_(exchange), head_(head), body_(detail::to_view(body)) {}

    const Head& head() const { return head_; }
    std::string_view body() const { return body_; }
    void add(std::string_view id) const { host_->add(exchange_, detail::to_str(id)); }

  private:
    const bw_models_host* host_;
    bw_exchange* exchange_;
    Head head_;
    std::string_view body_;
};

namespace detail {

template <typename Provider, typename = void>
struct HasModels : std::false_type {};
template <typename Provider>
struct HasModels<
    Provider,
    std::void_t<decltype(std::declval<Provider&>().ask_models(std::declval<ModelsQuery>())),
                decltype(std::declval<Provider&>().read_models(std::declval<ModelsReply>()))>>
    : std::true_type {};

}  // namespace detail

}  // namespace bw
