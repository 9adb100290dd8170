# The warnings that every target of this tree is built with, and those of what is shipped. Clang checks
# what host/base/mutex.hpp says of locks, and takes no less. A field left out of a designated initialiser
# is left out on purpose; gcc 12 warns of overlaps in std::string that cannot be (GCC 105651).
function(bellwether_warnings target)
  if(BELLWETHER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  string(REGEX MATCH "/(host|plugins)$" shipped "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
    $<$<C_COMPILER_ID:GNU>:-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds>
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
    $<$<AND:$<BOOL:${shipped}>,$<CXX_COMPILER_ID:GNU>>:-Wshadow$<SEMICOLON>-Wconversion>
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wthread-safety -Werror=thread-safety>)
endfunction()
