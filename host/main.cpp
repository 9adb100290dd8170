#include "cli/cli.hpp"

int main(int argc, char** argv) { return bellwether::cli::run(argc, argv); }
