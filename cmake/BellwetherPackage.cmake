# `cpack` makes two Debian packages: bellwether and bellwether-dev, one for each component.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL host development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_stage.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_CONTACT "The Bellwether authors <bellwether@localhost>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_HOST_PACKAGE_NAME bellwether)
set(CPACK_COMPONENT_HOST_DESCRIPTION
  "gateway with an OpenAI-compatible API in front of many model providers
Providers are plugins: shared libraries that the host loads at run time.
Requests are routed by model name from one TOML file; clients change only
their base URL.")
set(CPACK_DEBIAN_HOST_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_HOST_PACKAGE_DEPENDS "ca-certificates, tzdata")
set(debian ${CMAKE_SOURCE_DIR}/config/deploy/debian)
set(CPACK_DEBIAN_HOST_PACKAGE_CONTROL_EXTRA
  ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME bellwether-dev)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "headers and build files for provider plugins of Bellwether
For plugins in C11 or C++17 and later, with CMake or pkg-config.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS bellwether)
include(CPack)
