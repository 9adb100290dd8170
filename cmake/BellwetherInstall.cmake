# What `cmake --install` puts where. Two components: `host` is what a server needs, `development` what
# a plugin's author needs. Nothing in them names the prefix, so an installed tree can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Not below CMAKE_INSTALL_LIBDIR: the host looks for its plugins relative to its own file.
install(TARGETS bellwether RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT host)
install(TARGETS ${BELLWETHER_SHIPPED_PLUGINS}
  LIBRARY DESTINATION lib/bellwether/plugins COMPONENT host)

install(FILES ${CMAKE_SOURCE_DIR}/config/deploy/bellwether.service
  DESTINATION lib/systemd/system COMPONENT host)
# Only an example, because the host opens its sockets by itself.
install(FILES ${CMAKE_SOURCE_DIR}/config/deploy/bellwether.socket
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT host)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/bellwether.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT host)
set(completions ${CMAKE_SOURCE_DIR}/config/deploy/completions)
install(FILES ${completions}/bellwether.bash RENAME bellwether
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT host)
install(FILES ${completions}/_bellwether
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT host)
install(FILES ${completions}/bellwether.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT host)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE RENAME copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT host)
install(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT host)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT host
  FILES_MATCHING PATTERN "*.md" PATTERN "man" EXCLUDE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/config/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
  COMPONENT host FILES_MATCHING PATTERN "*.toml" PATTERN "*.schema.json" PATTERN "deploy" EXCLUDE)

# The SDK is headers only, so its packages for CMake and pkg-config fit every architecture.
set(cmake_folder ${CMAKE_INSTALL_DATADIR}/cmake/Bellwether)
set(development_docs ${CMAKE_INSTALL_DATADIR}/doc/bellwether-dev)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/include/bellwether
  ${CMAKE_SOURCE_DIR}/sdk/testing/bellwether
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp" PATTERN "README.md")
install(TARGETS bellwether_sdk bellwether_testing EXPORT BellwetherTargets
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT BellwetherTargets NAMESPACE bellwether::
  DESTINATION ${cmake_folder} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/BellwetherConfig.cmake.in
  ${CMAKE_BINARY_DIR}/BellwetherConfig.cmake INSTALL_DESTINATION ${cmake_folder}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/BellwetherConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
configure_file(${CMAKE_CURRENT_LIST_DIR}/bellwether.pc.in ${CMAKE_BINARY_DIR}/bellwether.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/BellwetherConfig.cmake
  ${CMAKE_BINARY_DIR}/BellwetherConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/BellwetherPlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.exports
  DESTINATION ${cmake_folder} COMPONENT development)
install(FILES ${CMAKE_BINARY_DIR}/bellwether.pc
  DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT development)
install(FILES ${CMAKE_SOURCE_DIR}/sdk/README.md ${CMAKE_SOURCE_DIR}/docs/abi.md
  ${CMAKE_SOURCE_DIR}/docs/manifest.md
  DESTINATION ${development_docs} COMPONENT development)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE RENAME copyright
  DESTINATION ${development_docs} COMPONENT development)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/examples
  DESTINATION ${development_docs} COMPONENT development)
