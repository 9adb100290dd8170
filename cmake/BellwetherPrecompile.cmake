# Compiling takes `./bw run` and `./bw test` the most time. Two things make it less: some files of a
# folder are compiled as one, and headers that nearly all files include are read once for all of them:
# those of the host in the builds with sanitizers, those of the tests in every build. The preset `dev`
# builds the host without either: there every file must include what it uses.
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

# bellwether_together(NAME): compiles the files of a target as one, eight at a time.
function(bellwether_together name)
  if(BELLWETHER_TOGETHER)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()
