#include "cli/cli.hpp"
#include "plugin/isolated/child_entry.hpp"

int main(int argc, char** argv) {
    using namespace bellwether;
    if (plugin::isolated::is_child(argc, argv)) return plugin::isolated::run_child(argc, argv);
    return cli::run(argc, argv);
}
