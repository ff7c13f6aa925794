# The warnings of every room. Errors in the `dev` preset only, so that a newer compiler cannot break a user's build.
option(WASMGATE_WERROR "Warnings are errors" OFF)

add_library(wasmgate_warnings INTERFACE)
target_compile_options(wasmgate_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual;-Wimplicit-fallthrough;-Wno-missing-field-initializers;-Wno-restrict>
  $<$<BOOL:${WASMGATE_WERROR}>:-Werror>)
