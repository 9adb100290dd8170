# bellwether_lua(TARGET FOLDER "SCRIPT part part..."...): writes FOLDER/lua_text.cpp, which has the text
# of each script as `lua_text` of FOLDER/lua.hpp gives it, and builds it into the target. A script is the
# .lua files of that folder of host/ that its parts name, one behind another. The compiler says where a
# script of the enum Script is missing here, or is none there.
function(bellwether_lua target folder)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${folder}/lua_text.cpp)
  set(text "// Written by BellwetherLua.cmake from the .lua files of host/${folder}.
#include \"${folder}/lua.hpp\"

#include <utility>

namespace bellwether::ledger {

std::string_view lua_text(Script script) {
    switch (script) {
")
  foreach(script ${ARGN})
    separate_arguments(parts UNIX_COMMAND "${script}")
    list(POP_FRONT parts name)
    string(APPEND text "        case Script::${name}:\n            return ")
    foreach(part ${parts})
      set(file ${CMAKE_SOURCE_DIR}/host/${folder}/${part}.lua)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
      file(READ ${file} lua)
      string(APPEND text "R\"lua(${lua})lua\"\n")
    endforeach()
    string(APPEND text ";\n")
  endforeach()
  string(APPEND text "    }\n    std::unreachable();\n}\n\n}  // namespace bellwether::ledger\n")
  file(GENERATE OUTPUT ${output} CONTENT "${text}")
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON) # nobody's to tidy
  target_sources(${target} PRIVATE ${output})
endfunction()
