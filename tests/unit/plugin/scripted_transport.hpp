// A transport that a test speaks for: it keeps each request, and delivers what the test says.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/transport.hpp"

namespace bellwether::net {

class ScriptedTransport final : public Transport {
  public:
    // One exchange, from the upstream's side. A dropped one delivers nothing.
    class Upstream final : public Sending {
      public:
        Upstream(Request request, Events& events)
            : method(std::move(request.method)),
              url(std::move(request.url)),
              headers(std::move(request.headers)),
              body(request.body),
              connect_timeout(request.connect_timeout),
              events_(&events) {}

        void head(int status, const std::string& type,
                  const std::vector<std::pair<std::string, std::string>>& more = {}) {
            std::vector<Header> headers{{"content-type", type}};
            for (const auto& [name, value] : more) headers.push_back({name, value});
            if (!dropped()) events_->on_head(status, headers);
        }
        void says(const std::string& bytes) {
            if (!dropped()) events_->on_data(bytes);
        }
        void event(const std::string& json) { says("data: " + json + "\n\n"); }
        void ends() {
            if (!dropped()) events_->on_end(std::nullopt);
        }
        // `status`: of a response whose head is not delivered.
        void fails(FailureKind kind, int status = 0) {
            was_sent = kind >= FailureKind::cut;
            if (!dropped()) events_->on_end(Failure{kind, "it failed", status, ""});
        }
        bool dropped() const { return events_ == nullptr; }

        bool sent() const override { return was_sent; }
        void cancel() override { events_ = nullptr; }
        void pause() override { paused = true; }
        void resume() override { paused = false; }

        std::string method;
        std::string url;
        std::vector<std::string> headers;
        std::string body;
        std::chrono::milliseconds connect_timeout;
        bool was_sent = true;
        bool paused = false;

      private:
        Events* events_;
    };

    [[nodiscard]] Exchange start(Request request, Events& events) override {
        upstreams.push_back(std::make_shared<Upstream>(std::move(request), events));
        return Exchange(upstreams.back());
    }
    Upstream& last() { return *upstreams.back(); }

    std::deque<std::shared_ptr<Upstream>> upstreams;  // in the order of their requests
};

}  // namespace bellwether::net
