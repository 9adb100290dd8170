# bellwether_add_plugin(NAME sources...): builds NAME.so, a provider plugin that exports exactly
# `bw_plugin_v1` and nothing else, whatever its sources and their templates define. Installed as part of
# find_package(Bellwether), so it relies on nothing of this tree.
set(BELLWETHER_PLUGIN_EXPORTS ${CMAKE_CURRENT_LIST_DIR}/plugin.exports)
function(bellwether_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE bellwether::sdk)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    SUFFIX ".so"
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${BELLWETHER_PLUGIN_EXPORTS})
  if(NOT CMAKE_CXX_STANDARD) # what the headers need; older compilers start lower
    set_target_properties(${name} PROPERTIES CXX_STANDARD 17)
  endif()
  # g++ makes statics of inline functions one for the whole process, across plugins.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,--version-script=${BELLWETHER_PLUGIN_EXPORTS}
    -Wl,-z,nodelete)
  if(NOT BELLWETHER_SANITIZE) # a sanitizer's runtime lives in the host: its symbols stay open
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(DEFINED BELLWETHER_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${BELLWETHER_PLUGIN_DIR})
  endif()
endfunction()
