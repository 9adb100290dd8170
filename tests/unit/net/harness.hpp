// The client's side of the tests: a loop run until something has happened, and an Events that
// writes down what it was told and can act in the middle of it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/client.hpp"
#include "scripted_server.hpp"

namespace bellwether::net::test {

class Recorder final : public Events {
  public:
    void on_head(int status, std::span<const Header> received) override {
        ++calls;
        this->status = status;
        for (const Header& header : received) headers.emplace_back(header.name, header.value);
        if (at_head) at_head();
    }
    void on_data(std::string_view bytes) override {
        ++calls;
        ++pieces;
        body.append(bytes);
        if (at_data) at_data();
    }
    void on_end(std::optional<Failure> result) override {
        ++calls;
        ended = true;
        failure = std::move(result);
        if (at_end) at_end();
    }

    std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) return value;
        }
        return {};
    }

    int calls = 0;
    int pieces = 0;
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool ended = false;
    std::optional<Failure> failure;
    std::function<void()> at_head;
    std::function<void()> at_data;
    std::function<void()> at_end;
};

class NetTest : public testing::Test {
  protected:
    NetTest() { client.emplace(loop); }

    // Runs the loop until it is so; false: it never was.
    template <typename Condition>
    bool run_until(Condition condition, Clock::duration patience = k_patience) {
        const auto deadline = Clock::now() + patience;
        while (!condition() && Clock::now() < deadline) loop.run_one_for(5ms);
        return condition();
    }
    bool run_to_end(const Recorder& recorder) {
        return run_until([&] { return recorder.ended; });
    }
    void run_for(Clock::duration time) {
        run_until([] { return false; }, time);
    }

    Exchange post(const std::string& url, std::string_view body, Events& events) {
        Request request;
        request.url = url;
        request.headers = {"content-type: application/json"};
        request.body = body;
        return client->start(std::move(request), events);
    }
    Exchange get(const std::string& url, Events& events) {
        Request request;
        request.method = "GET";
        request.url = url;
        return client->start(std::move(request), events);
    }

    boost::asio::io_context loop{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        loop.get_executor()};
    std::optional<Client> client;
};

}  // namespace bellwether::net::test
