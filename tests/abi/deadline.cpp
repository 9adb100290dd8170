// A provider that answers with the milliseconds that its request leaves it, or "none": for the
// host's tests. {"fail_after_ms": 200}: it fails then, so that another is asked with what is left.
#include <bellwether/provider.hpp>
#include <chrono>
#include <string>

namespace {

using std::chrono::milliseconds;

class Deadline {
  public:
    explicit Deadline(const bw::Setup& setup)
        : fail_after(setup.option("fail_after_ms").integer().value_or(-1)) {}

    class Call {
      public:
        Call(Deadline& deadline, const bw::Request& request, bw::Attempt attempt)
            : fail_after_(deadline.fail_after), attempt_(attempt) {
            const auto left = request.deadline().count();
            left_ = left == 0 ? "none" : std::to_string(left);
            attempt.generate();
        }
        bw::Step step() {
            if (fail_after_.count() < 0) {
                attempt_.emit_reply(R"({"choices":[{"index":0,"message":{"content":")" + left_ +
                                    R"("},"finish_reason":"stop"}]})");
                return bw::Step::complete();
            }
            if (waited_) throw bw::Error(BW_E_UPSTREAM, "told to").http_status(500);
            waited_ = true;
            return bw::Step::after(fail_after_);
        }

      private:
        milliseconds fail_after_;
        bw::Attempt attempt_;
        std::string left_;
        bool waited_ = false;
    };

    milliseconds fail_after;
};

}  // namespace

BW_PROVIDER(Deadline, "test.deadline", "1.0.0", R"({
    "summary": "says how long it may take",
    "options": {"fail_after_ms": {"type": "integer"}}
})")
