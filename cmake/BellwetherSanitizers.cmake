# BELLWETHER_SANITIZE=address,undefined or thread instruments the whole tree, plugins included.
if(BELLWETHER_SANITIZE)
  add_compile_options(-fsanitize=${BELLWETHER_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_compile_definitions(BELLWETHER_SANITIZED) # compilers have no word for it that all know
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Instrumented code confuses gcc about what is initialised, and Asio has fences that its
    # ThreadSanitizer does not model.
    add_compile_options(-Wno-maybe-uninitialized)
    if(BELLWETHER_SANITIZE MATCHES thread)
      add_compile_options(-Wno-tsan)
    endif()
  endif()
  add_link_options(-fsanitize=${BELLWETHER_SANITIZE})
endif()

# The whole tree tells the fuzzers what it runs through.
if(BELLWETHER_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "BELLWETHER_FUZZ needs clang: use the preset asan")
  endif()
  # RapidJSON adds to null pointers, which happens to work.
  add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow)
endif()
