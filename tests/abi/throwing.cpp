// A provider that throws what its config names, where its config says: for the host's tests.
//   {"where": "create" | "open" | "head" | "data" | "end" | "step", "what": "standard" | "memory" |
//    "other" | "rate"}; with "where": "step" it answers by itself.
#include <bellwether/provider.hpp>
#include <new>
#include <stdexcept>
#include <string>

namespace {

class Throwing {
  public:
    explicit Throwing(const bw::Setup& setup)
        : base_url(setup.base_url()),
          where(setup.option("where").string()),
          what(setup.option("what").string("standard")) {
        at("create");
    }
    void at(std::string_view place) const {
        if (where != place) return;
        if (what == "memory") throw std::bad_alloc();
        if (what == "other") throw 7;
        if (what == "rate") throw bw::Error(BW_E_RATE, "told to").http_status(429);
        throw std::runtime_error("told to");
    }

    struct Call {
        Call(Throwing& throwing, const bw::Request& request, bw::Attempt attempt)
            : throwing(throwing) {
            throwing.at("open");
            if (throwing.where == "step") {
                attempt.generate();
            } else {
                const std::string url = throwing.base_url + "/x";
                attempt.send(bw::Send("POST", url).body(request.body()));
            }
        }
        void head(const bw::Head&) { throwing.at("head"); }
        void data(const bw::Frame&) { throwing.at("data"); }
        void end() { throwing.at("end"); }
        bw::Step step() {
            throwing.at("step");
            return bw::Step::complete();
        }
        Throwing& throwing;
    };

    std::string base_url;
    std::string where;
    std::string what;
};

}  // namespace

BW_PROVIDER(Throwing, "test.throwing", "1.0.0", R"({
    "summary": "throws",
    "options": {"where": {"type": "string"}, "what": {"type": "string"}}
})")
