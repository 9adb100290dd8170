// A provider that emits what its options say, without a look at it: for the host's tests.
// {"reply": "...", "chunks": ["...", "..."]}
#include <bellwether/provider.hpp>
#include <string>
#include <vector>

namespace {

class Saying {
  public:
    explicit Saying(const bw::Setup& setup) : reply(setup.option("reply").string("{}")) {
        for (const bw::json::Value& chunk : setup.option("chunks").elements()) {
            chunks.push_back(chunk.string());
        }
    }

    class Call {
      public:
        Call(Saying& saying, const bw::Request& request, bw::Attempt attempt)
            : saying_(saying), stream_(request.stream()), attempt_(attempt) {
            attempt_.generate();
        }
        bw::Step step() {
            if (!stream_) attempt_.emit_reply(saying_.reply);
            if (stream_) {
                for (const std::string& chunk : saying_.chunks) attempt_.emit_chunk(chunk);
            }
            return bw::Step::complete();
        }

      private:
        Saying& saying_;
        bool stream_;
        bw::Attempt attempt_;
    };

    std::string reply;
    std::vector<std::string> chunks;
};

}  // namespace

BW_PROVIDER(Saying, "test.saying", "1.0.0", R"({
    "summary": "says what it is told to",
    "options": {"reply": {"type": "string"}, "chunks": {"type": "array"}}
})")
