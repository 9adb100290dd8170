// The provider of both services. A plugin makes one of its Api.
#pragma once

#include "gemini/api.hpp"
#include "gemini/chat.hpp"
#include "gemini/embeddings.hpp"
#include "gemini/errors.hpp"
#include "gemini/models.hpp"
#include "gemini/signatures.hpp"

#include <bellwether/http/retry_after.hpp>
#include <bellwether/provider.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

namespace gemini {

class Provider {
  public:
    using Service = Signatures;

    Provider(const bw::Setup& setup, Signatures& signatures, Api api)
        : host_(setup.host()), signatures_(&signatures), api_(std::move(api)) {}

    class Call {
      public:
        Call(Provider& provider, const bw::Request& request, bw::Attempt attempt)
            : provider_(&provider), work_(begin(provider, request, attempt)) {}

        void head(const bw::Head& head) {
            status_ = head.status();
            if (head.ok()) {
                std::visit([&](auto& work) { work.head(head); }, work_);
            } else {
                wait_ = bw::retry_after_of_headers(head, provider_->host_.unix_time());
            }
        }
        void data(const bw::Frame& frame) {
            if (status_ >= 300) throw error_of(provider_->api_, status_, wait_, frame.data());
            std::visit([&](auto& work) { work.data(frame); }, work_);
        }
        void end() {
            if (status_ >= 300) throw error_of(provider_->api_, status_, wait_, {});
            std::visit([](auto& work) { work.end(); }, work_);
        }

      private:
        using Work = std::variant<Chat, Embeddings, Models>;

        static Work begin(Provider& provider, const bw::Request& request,
                          const bw::Attempt& attempt) {
            const Api& api = provider.api_;
            switch (request.operation()) {
                case bw::Operation::embeddings:
                    return Work(std::in_place_type<Embeddings>, api, request, attempt);
                case bw::Operation::models: return Work(std::in_place_type<Models>, api, attempt);
                default:
                    return Work(std::in_place_type<Chat>, api, *provider.signatures_, request,
                                attempt, provider.host_.unix_time());
            }
        }

        Provider* provider_;
        Work work_;
        std::uint32_t status_ = 0;
        std::optional<std::chrono::milliseconds> wait_;
    };

  private:
    bw::Host host_;
    Signatures* signatures_;
    Api api_;
};

}  // namespace gemini
