// A provider whose service writes into the log when it is opened, told something and closed, each
// with the option `label`, and which answers nothing: for the host's tests.
#include <bellwether/provider.hpp>
#include <string>

namespace {

class Noticing {
  public:
    class Service {
      public:
        explicit Service(const bw::Setup& setup)
            : host_(setup.host()), label_(setup.option("label").string()) {
            say("opened");
        }
        ~Service() { say("closed"); }
        Service(const Service&) = delete;
        Service& operator=(const Service&) = delete;

        void notice(bw::Notice notice) {
            say("told " + std::to_string(static_cast<unsigned>(notice)));
        }

      private:
        void say(const std::string& what) {
            host_.log(bw::LogLevel::info, "service " + label_ + ": " + what);
        }

        const bw::Host host_;
        const std::string label_;
    };

    Noticing(const bw::Setup&, Service&) {}

    class Call {
      public:
        Call(Noticing&, const bw::Request&, bw::Attempt) {
            throw bw::Error(BW_E_UPSTREAM, "it answers nothing");
        }
        bw::Step step() { return bw::Step::complete(); }
    };
};

}  // namespace

BW_PROVIDER(Noticing, "test.noticing", "1.0.0", R"({
    "summary": "says what its service is told",
    "credentials": [{"name": "api_key", "required": false}],
    "options": {"label": {"type": "string"}}
})")
