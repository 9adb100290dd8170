// Finds a verb or an option that does not exist and suggests the most similar one. CLI11, which
// parses the command line, would only say that a word was not expected.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace bellwether::cli {

// What is wrong with the verbs and options of a command line, whatever their values; empty:
// nothing.
std::string wrong_word(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace bellwether::cli
