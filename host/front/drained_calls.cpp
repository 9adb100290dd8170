#include "front/drained_calls.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "net/alarm.hpp"

namespace bellwether::front {

// `DiscardingClient` takes the client's place for one drained call and discards what the call
// writes.
class DrainedCalls::DiscardingClient final : public Downstream,
                                             public std::enable_shared_from_this<DiscardingClient> {
  public:
    DiscardingClient(DrainedCalls& all, std::shared_ptr<Context> context,
                     std::unique_ptr<LiveCall> call, HeldBody body)
        : all_(all),
          context_(std::move(context)),
          body_(std::move(body)),
          call_(std::move(call)),
          end_alarm_(all.loop_) {}

    bool is_of(const Context& context) const { return context_.get() == &context; }

    void wait(std::chrono::milliseconds longest) {
        if (longest.count() > 0) {
            end_alarm_.set(net::Alarm::Clock::now() + longest, [this] { cancel(); });
        }
        call_->go_on_without_client(*this);
    }
    void cancel() {
        end();
        leave();
    }
    // Must not be called from within the call, which is destroyed here.
    void end() {
        if (!std::exchange(over_, true)) call_->abandoned();
        call_.reset();
    }

    void respond(int, std::string_view, std::string_view) override {}
    void begin_stream(std::string_view) override {}
    void event(std::string_view) override {}
    void comment() override {}
    void named_event(std::string_view, std::string_view) override {}
    void end_stream() override {}
    void begin_bytes(std::string_view, std::string_view) override {}
    void bytes(std::string_view) override {}
    void end_body() override {}
    void break_off() override { finished(); }
    void finished() override {
        over_ = true;
        leave();
    }

  private:
    // Leaves from the loop, because the call may be on the stack and leaving destroys it.
    void leave() {
        boost::asio::post(all_.loop_, [self = shared_from_this()] { self->all_.left(self); });
    }

    DrainedCalls& all_;
    const std::shared_ptr<Context> context_;
    HeldBody body_;  // counts until the call is destroyed
    std::unique_ptr<LiveCall> call_;
    net::Alarm end_alarm_;
    bool over_ = false;
};

DrainedCalls::DrainedCalls(boost::asio::io_context& loop, std::function<void()> on_empty)
    : loop_(loop), on_empty_(std::move(on_empty)) {}
DrainedCalls::~DrainedCalls() = default;

void DrainedCalls::adopt(std::shared_ptr<Context> context, std::unique_ptr<LiveCall> call,
                         HeldBody body, std::chrono::milliseconds longest) {
    all_.push_back(std::make_shared<DiscardingClient>(*this, std::move(context), std::move(call),
                                                      std::move(body)));
    all_.back()->wait(longest);
}

void DrainedCalls::end(const Context& context) {
    const auto all = all_;
    for (const auto& one : all) {
        if (one->is_of(context)) one->cancel();
    }
}

void DrainedCalls::end() {
    for (const auto& one : std::exchange(all_, {})) one->end();
}

void DrainedCalls::left(const std::shared_ptr<DiscardingClient>& one) {
    if (all_.remove(one) > 0 && all_.empty()) on_empty_();
}

}  // namespace bellwether::front
