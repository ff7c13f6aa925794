#include "author/plugin_build.h"

#include <algorithm>
#include <thread>

#include "artifact/digest.h"
#include "server/file_io.h"
#include "wasm/engine/engine.h"

namespace wasmgate::author {
namespace {

constexpr size_t kModuleBytes = 512ULL * 1024 * 1024;

Command make(const PluginFolder& plugin, std::string verb) {
  const unsigned jobs = std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
  Command command;
  command.words = {"make",
                   "-s",
                   "-C",
                   plugin.sdk.folder,
                   std::move(verb),
                   "PLUGIN_NAME=" + plugin.name,
                   "-j" + std::to_string(jobs)};
  if (plugin.is_project) {
    command.words.push_back("PLUGIN_DIR=" + plugin.folder);
  }
  // The makefiles ask this binary to check the module. A make around us must not pass on its own
  // settings.
  command.environment = {
      {"WASMGATE", own_program()}, {"MAKEFLAGS", ""}, {"MAKELEVEL", ""}, {"MFLAGS", ""}};
  return command;
}

}  // namespace

Command module_build(const PluginFolder& plugin, const std::string& abi) {
  Command command = make(plugin, plugin.sdk.language == Language::Cpp ? "module" : "build");
  if (!abi.empty()) {
    command.words.push_back("ABI=" + abi);
  }
  return command;
}

Command fast_module_build(const PluginFolder& plugin) {
  Command command = module_build(plugin, "");
  command.words.emplace_back("FAST=1");
  return command;
}

Command native_test(const PluginFolder& plugin) { return make(plugin, "test"); }

Result<BuiltModule> judge_module(const std::string& path) {
  auto bytes = server::read_file(path, kModuleBytes);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  BuiltModule out{path, artifact::sha256_hex(*bytes), wasm::inspect_module(*bytes)};
  if (out.report.loadable()) {
    const auto engine = wasm::make_engine(wasm::EngineOptions::for_this_build());
    const auto compiled = engine ? (*engine)->compile(*bytes) : tl::unexpected(engine.error());
    if (!compiled) {
      out.report.problems.push_back(compiled.error().detail);
    }
  }
  return out;
}

}  // namespace wasmgate::author
