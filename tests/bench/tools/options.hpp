// Command line options of the tools: `--name value`, all numbers or words, all with defaults.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace bench {

class Options {
  public:
    Options(int argc, char** argv, int first) {
        for (int i = first; i + 1 < argc; i += 2) {
            std::string_view name(argv[i]);
            if (!name.starts_with("--")) wrong(argv[i]);
            given_[std::string(name.substr(2))] = argv[i + 1];
        }
        if ((argc - first) % 2 != 0) wrong(argv[argc - 1]);
    }

    std::string text(const std::string& name, std::string fallback) const {
        const auto found = given_.find(name);
        return found == given_.end() ? fallback : found->second;
    }

    std::int64_t number(const std::string& name, std::int64_t fallback) const {
        const auto found = given_.find(name);
        return found == given_.end() ? fallback : std::atoll(found->second.c_str());
    }

    double real(const std::string& name, double fallback) const {
        const auto found = given_.find(name);
        return found == given_.end() ? fallback : std::atof(found->second.c_str());
    }

  private:
    [[noreturn]] static void wrong(const char* argument) {
        std::fprintf(stderr, "unexpected argument %s; expected --name value\n", argument);
        std::exit(2);
    }

    std::map<std::string, std::string> given_;
};

}  // namespace bench
