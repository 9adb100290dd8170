# BELLWETHER_SANITIZE=address,undefined or thread instruments the whole tree, plugins included.
if(BELLWETHER_SANITIZE)
  add_compile_options(-fsanitize=${BELLWETHER_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  if(BELLWETHER_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan) # Asio has fences that gcc's ThreadSanitizer does not model
  endif()
  add_link_options(-fsanitize=${BELLWETHER_SANITIZE})
endif()
