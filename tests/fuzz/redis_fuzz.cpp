// What a Redis server answers, in parts of any size, and what the ledger takes it for.
// Setting: bytes in a part.
#include <algorithm>

#include "fuzz.hpp"
#include "ledger/redis/codec.hpp"
#include "ledger/redis/reply.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

using ledger::RedisReply;

struct Read {
    std::vector<RedisReply> replies;
    bool broken = false;
};

Read read(std::string_view text, std::size_t part_bytes) {
    Read all;
    ledger::RedisReader reader;
    for (const std::string_view part : cut(text, part_bytes)) {
        reader.feed(Fenced(part).view());
        for (;;) {
            auto next = reader.next();
            if (!next) {
                require(!next.error().empty(), "a refusal says why");
                all.broken = true;
                return all;
            }
            if (!*next) break;
            all.replies.push_back(std::move(**next));
        }
    }
    return all;
}

bool same(const RedisReply& left, const RedisReply& right) {
    return left.kind == right.kind && left.integer == right.integer && left.text == right.text &&
           std::ranges::equal(left.elements, right.elements, same);
}

void check(const RedisReply& reply) {
    require(!reply.not_yet() || reply.wrong_server(), "a server that is not ready does nothing");
    const ledger::Verdict verdict = ledger::to_verdict(reply);
    require(verdict.standings.size() <= reply.elements.size(), "a standing has words");
    const auto counters = ledger::to_counters(reply);
    require(counters.size() <= reply.elements.size(), "a counter has words");
    (void)ledger::to_usage_row(reply);
    for (const RedisReply& element : reply.elements) check(element);
}

// Whatever stands in a word, the server reads the words that were meant.
void check_command(std::string_view text) {
    const std::vector<std::string_view> words = cut(text, 5);
    const Read back = read(ledger::redis_command(words), 3);
    require(back.replies.size() == 1 && !back.broken, "a command is one array");
    const auto text_of = [](const RedisReply& element) -> std::string_view { return element.text; };
    require(std::ranges::equal(back.replies[0].elements, words, {}, text_of), "of its words");
}

void run(Input input) {
    const std::size_t part_bytes = input.setting(64);
    const Read whole = read(input.rest(), 0);
    const Read parts = read(input.rest(), part_bytes);
    require(whole.broken == parts.broken && std::ranges::equal(whole.replies, parts.replies, same),
            "what is read does not depend on the parts");
    for (const RedisReply& reply : whole.replies) check(reply);
    check_command(input.rest());
    const std::string rule = ledger::escaped_rule(input.rest());
    require(!rule.contains(':'), "a rule's name ends where it should");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
