#pragma once
// Building a plug-in by its SDK's makefile, and the verdict on what came out: the gateway's own
// load check and compiler.

#include <string>

#include "author/child_process.h"
#include "author/plugin_folder.h"
#include "wasm/abi/module_report.h"

namespace wasmgate::author {

/// The command that builds the module only (no image). `abi`: "0_2_1", "0_2_100", or empty for the
/// plug-in's own. plug-in's own.
Command module_build(const PluginFolder& plugin, const std::string& abi);

/// The same for trying out: builds fast rather than fast code, where the SDK can.
Command fast_module_build(const PluginFolder& plugin);

/// The command that runs the plug-in's own tests on this machine.
Command native_test(const PluginFolder& plugin);

struct BuiltModule {
  std::string path;
  std::string digest;  // SHA-256 of the bytes, hexadecimal
  wasm::ModuleReport report;
};

/// Reads and judges a module: the load check, then the compiler, whose refusal becomes one more of
/// the report's problems. Errors: NotFound and Refused when it cannot be read.
Result<BuiltModule> judge_module(const std::string& path);

}  // namespace wasmgate::author
