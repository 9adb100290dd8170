// A verb or an option that does not exist, told with the nearest that does, where the library that
// reads the command line says only that something was not expected.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace bw::cli {

// What is wrong with the words of a command line; empty: nothing that their names tell.
std::string wrong_word(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace bw::cli
