# Makes a C++ source that holds every file below a folder, for wasmgate::author::embedded_files().
#
#   cmake -D FOLDER=plugins/templates -D OUTPUT=embedded.cc -P EmbedFiles.cmake
#
# Paths are sorted, so the same folder gives the same bytes. Texts only.
file(GLOB_RECURSE files RELATIVE "${FOLDER}" "${FOLDER}/*")
list(SORT files)
set(text "// Generated from plugins/templates by cmake/EmbedFiles.cmake.\n#include \"author/plugin_template.h\"\n\n")
string(APPEND text "namespace wasmgate::author {\nnamespace {\nconstexpr EmbeddedFile kFiles[] = {\n")
foreach(file IN LISTS files)
  file(READ "${FOLDER}/${file}" content)
  string(FIND "${content}" ")wasmgate\"" delimiter)
  if(NOT delimiter EQUAL -1)
    message(FATAL_ERROR "${file} holds the end of a raw literal")
  endif()
  string(APPEND text "    {\"${file}\", R\"wasmgate(${content})wasmgate\"},\n")
endforeach()
string(APPEND text "};\n}  // namespace\n\nstd::span<const EmbeddedFile> embedded_files() { return kFiles; }\n")
string(APPEND text "\n}  // namespace wasmgate::author\n")
file(WRITE "${OUTPUT}" "${text}")
