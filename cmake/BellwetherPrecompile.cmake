# bellwether_precompile(TARGET HEADERS...): reads these headers once for all files of a target, in the
# builds with sanitizers, which take `./bw test` the most time. A release is built without: there
# every file must include what it uses.
set(BELLWETHER_COMMON_HEADERS <algorithm> <chrono> <expected> <filesystem> <functional> <memory>
  <optional> <random> <ranges> <string> <vector> <fmt/format.h>)
set(BELLWETHER_ASIO_HEADERS <boost/asio/basic_waitable_timer.hpp> <boost/asio/io_context.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>)
function(bellwether_precompile target)
  if(BELLWETHER_SANITIZE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
