// A test of a plugin with the installed testing host: outside_test PLUGIN
#include <bellwether/testing/fake_host.hpp>
#include <cstdio>

int main(int, char** arguments) {
    bw::testing::FakeHost host;
    host.secrets = {"api_key"};
    const bw::testing::Library library(arguments[1]);
    bw::testing::Instance oracle(host, library.table(),
                                 R"({"base_url":"https://oracle.example/v1"})");
    const auto result = oracle.call({}, {200, {}, R"({"answer":"42"})"}, 1);
    std::puts(result.text().c_str());
    return host.misbehaviours.empty() ? 0 : 1;
}
