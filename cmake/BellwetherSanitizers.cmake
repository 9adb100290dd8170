# BELLWETHER_SANITIZE=address,undefined or thread instruments the whole tree, plugins included.
if(BELLWETHER_SANITIZE)
  add_compile_options(-fsanitize=${BELLWETHER_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BELLWETHER_SANITIZE})
endif()
