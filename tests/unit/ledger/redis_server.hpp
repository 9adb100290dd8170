// A real Redis server for a test: in a folder of its own, on a free port of this machine.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ledger/redis/errand.hpp"
#include "ledger/redis/settings.hpp"

namespace bellwether::ledger {

inline int free_port() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    close(listener);
    return ntohs(address.sin_port);
}

template <typename Condition>
bool wait_until(Condition condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

class RedisServer {
  public:
    struct Options {
        std::string password = {};
        bool encrypted = false;
    };

    RedisServer() : RedisServer(Options{}) {}
    explicit RedisServer(Options options) : options_(std::move(options)), port_(free_port()) {
        std::string name = std::filesystem::temp_directory_path() / "bellwether-redis-XXXXXX";
        folder_ = mkdtemp(name.data());
        if (options_.encrypted) make_certificate();
        start();
    }
    ~RedisServer() {
        stop(SIGKILL);
        std::filesystem::remove_all(folder_);
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    RedisSettings settings() const {
        RedisSettings settings;
        settings.answer_limit_ms = 10'000;  // other tests may keep the machine busy
        settings.host = options_.encrypted ? "localhost" : "127.0.0.1";
        settings.port = static_cast<std::uint16_t>(port_);
        settings.encrypted = options_.encrypted;
        settings.password = options_.password;
        if (options_.encrypted) settings.ca_file = folder_ / "certificate.pem";
        return settings;
    }

    void start() {
        start_process();
        ASSERT_TRUE(wait_until([&] { return ask({"PING"}).has_value(); }))
            << "redis-server does not come up: " << ask({"PING"}).error().message;
    }
    void stop(int by = SIGTERM) {
        if (process_ == 0) return;
        kill(process_, by);
        waitpid(process_, nullptr, 0);
        process_ = 0;
    }
    // Alive, but as if it were not there.
    void freeze() { kill(process_, SIGSTOP); }
    void thaw() { kill(process_, SIGCONT); }

    Result<RedisReply> ask(const std::vector<std::string_view>& words) const {
        return RedisErrand(settings(), std::make_shared<const RedisScripts>(settings())).ask(words);
    }

  private:
    void make_certificate() const {
        const std::string command =
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
            "subjectAltName=DNS:localhost -keyout " +
            (folder_ / "key.pem").string() + " -out " + (folder_ / "certificate.pem").string() +
            " 2>/dev/null";
        ASSERT_EQ(std::system(command.c_str()), 0);
    }

    void start_process() {
        const std::string port = std::to_string(port_);
        std::vector<std::string> words{
            "redis-server", "--bind",    "127.0.0.1",  "--save",        "",
            "--appendonly", "yes",       "--dir",      folder_,         "--daemonize",
            "no",           "--logfile", "server.log", "--appendfsync", "no"};
        const auto add = [&](std::vector<std::string> more) {
            words.insert(words.end(), more.begin(), more.end());
        };
        if (options_.encrypted) {
            add({"--port", "0", "--tls-port", port, "--tls-auth-clients", "no", "--tls-cert-file",
                 folder_ / "certificate.pem", "--tls-key-file", folder_ / "key.pem"});
        } else {
            add({"--port", port});
        }
        if (!options_.password.empty()) add({"--requirepass", options_.password});
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        process_ = fork();
        if (process_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);  // not left behind, should the test crash
            const int nowhere = ::open("/dev/null", O_RDWR);
            for (const int descriptor : {0, 1, 2}) dup2(nowhere, descriptor);
            execvp("redis-server", arguments.data());
            _exit(127);
        }
    }

    const Options options_;
    const int port_;
    std::filesystem::path folder_;
    pid_t process_ = 0;
};

}  // namespace bellwether::ledger
