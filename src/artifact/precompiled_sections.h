#pragma once
// Some hosts run native code that lies in custom sections of a module ("precompiled_…"). Code of
// unknown origin is not run here: such sections are taken out before anybody sees the module.

#include <string>

namespace wasmgate::artifact {

/// Removes every custom section that is a place for precompiled code: "precompiled" anywhere in its
/// name, or a name that begins with "wasmtime" or ".wasmtime". `module`: bytes with the WebAssembly
/// magic. Returns how many went. Bytes that do not follow the format stay as they are, from the
/// first wrong section on; the compiler refuses them.
size_t strip_precompiled_sections(std::string& module);

}  // namespace wasmgate::artifact
