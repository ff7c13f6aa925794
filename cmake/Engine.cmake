# The WebAssembly engine: Wasmtime's C API as one static library, built by engine/build.sh and kept outside the tree.
# WASMGATE_ENGINE_DIR holds lib/libwasmgate_engine.a and include/.
set(WASMGATE_ENGINE_DIR "" CACHE PATH "Folder with the built engine (engine/build.sh prints it)")
if(NOT WASMGATE_ENGINE_DIR)
  execute_process(COMMAND "${PROJECT_SOURCE_DIR}/engine/build.sh" --print-dir
                  OUTPUT_VARIABLE WASMGATE_ENGINE_DIR OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
set(engine_archive "${WASMGATE_ENGINE_DIR}/lib/libwasmgate_engine.a")
if(NOT EXISTS "${engine_archive}")
  message(FATAL_ERROR "The engine is not built: run `make setup` (or engine/build.sh). Looked for ${engine_archive}")
endif()
add_library(wasmgate_engine STATIC IMPORTED GLOBAL)
set_target_properties(wasmgate_engine PROPERTIES
  IMPORTED_LOCATION "${engine_archive}"
  INTERFACE_INCLUDE_DIRECTORIES "${WASMGATE_ENGINE_DIR}/include"
  INTERFACE_LINK_LIBRARIES "Threads::Threads;dl;m")
