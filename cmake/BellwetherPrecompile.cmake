# Headers that nearly all files include are read once for all of them: those of the host in the builds
# with sanitizers, those of the tests in every build. Compiling takes `./bw test` the most time. A
# release of the host is built without: there every file must include what it uses.
set(BELLWETHER_COMMON_HEADERS <algorithm> <chrono> <expected> <filesystem> <functional> <memory>
  <optional> <random> <ranges> <string> <vector> <fmt/format.h>
  <boost/asio/basic_waitable_timer.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp>
  <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>)

# bellwether_precompiled(NAME LIBRARIES libraries... HEADERS headers...): what others reuse.
function(bellwether_precompiled name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES;HEADERS")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cpp CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  bellwether_warnings(${name})
endfunction()
