# WASMGATE_SANITIZE: empty, "address;undefined" or "thread". The engine adapter reads the macro and turns signal-based traps off.
set(WASMGATE_SANITIZE "" CACHE STRING "Sanitizers, separated by semicolons")

if(WASMGATE_SANITIZE)
  list(JOIN WASMGATE_SANITIZE "," names)
  add_compile_options(-fsanitize=${names} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${names})
  add_compile_definitions(WASMGATE_SANITIZED=1)
  if("undefined" IN_LIST WASMGATE_SANITIZE)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
