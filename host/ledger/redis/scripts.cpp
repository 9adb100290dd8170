#include "ledger/redis/scripts.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace bellwether::ledger {
namespace {

std::string evaluation(std::string_view how, std::string_view what, std::string_view root,
                       const std::vector<std::string>& arguments) {
    std::vector<std::string_view> words{how, what, "1", root};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return redis_command(words);
}

}  // namespace

RedisScripts::RedisScripts(const RedisSettings& settings) : root("{" + settings.prefix + "}") {
    const std::string constants = fmt::format(
        "local rows_max, keep_ms, counters_max, lease_ms = {}, {}, {}, {}\n",
        settings.usage_rows_max, settings.keep_usage_ms, settings.counters_max, settings.lease_ms);
    for (std::size_t i = 0; i < k_scripts; ++i) {
        texts[i] = constants + std::string(lua_text(static_cast<Script>(i)));
    }
}

RedisConnection::Opening RedisScripts::opening(OpenedFor what) const {
    RedisConnection::Opening commands;
    for (const std::string& text : texts) {
        commands.push_back(redis_command({"SCRIPT", "LOAD", text}));
    }
    // This write fails on a server that takes no writes, such as a replica. So the connection is
    // not opened there, and no call has to find it out.
    if (what == OpenedFor::calls) {
        commands.push_back(redis_command({"HSET", root + ":epoch", "opened", "1"}));
    }
    return commands;
}

void run_script(std::shared_ptr<const RedisScripts> scripts, RedisConnection& connection,
                Script script, std::vector<std::string> arguments,
                RedisConnection::OnAnswer on_answer) {
    const auto index = static_cast<std::size_t>(script);
    std::string command =
        connection.ready()
            ? evaluation("EVALSHA", connection.greetings()[index].text, scripts->root, arguments)
            : evaluation("EVAL", scripts->texts[index], scripts->root, arguments);
    // The reference to the connection is safe: a connection is alive when it calls back.
    connection.send(
        std::move(command),
        [scripts = std::move(scripts), &connection, index, arguments = std::move(arguments),
         on_answer = std::move(on_answer)](RedisAnswer answer) mutable {
            if (!answer || !answer->failed() || !answer->text.starts_with("NOSCRIPT")) {
                return on_answer(std::move(answer));
            }
            connection.send(evaluation("EVAL", scripts->texts[index], scripts->root, arguments),
                            std::move(on_answer));
        });
}

}  // namespace bellwether::ledger
