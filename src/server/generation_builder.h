#pragma once
// From a checked model to a generation: code fetched and compiled, VMs started and configured, routes indexed. A plug-in that cannot
// be fetched, compiled or configured keeps its last good generation (none: its failure policy) and the rest goes live (decision 5).
// Everything here may block: it runs on the builder's thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artifact/artifact_store.h"
#include "base/log.h"
#include "server/generation.h"
#include "server/plugin_compiler.h"
#include "wasm/host/process_services.h"

namespace wasmgate::server {

class GenerationBuilder {
 public:
  /// All arguments outlive the builder.
  GenerationBuilder(artifact::ArtifactStore& store, PluginCompiler& compiler, const wasm::ProcessServices& process,
                    uint32_t workers, Logger& logger);

  std::unique_ptr<Generation> build(std::shared_ptr<const config::Model> model);

  /// Tells that this generation serves: its plug-ins become the last good ones, and what is not in it is forgotten.
  void activated(const Generation& generation);

  /// When to try again what could not be fetched; nothing when all was fetched.
  std::optional<std::chrono::milliseconds> next_retry() const;

  /// Tries again what could not be fetched for the last build. True when something came: build again.
  bool retry();

 private:
  struct Good {
    config::Plugin config;
    std::shared_ptr<wasm::Plugin> plugin;
    std::string key;
    PluginStatus status;
  };
  struct Failure {
    std::string reason;
    std::string message;
    wasm::FailureCause cause;
  };
  using Made = tl::expected<Good, Failure>;

  Made make(const config::Plugin& plugin, uint64_t number, std::vector<std::unique_ptr<wasm::Vm>>& vms);
  tl::expected<artifact::PluginCode, Failure> fetch(const config::Plugin& plugin);

  artifact::ArtifactStore& store_;
  PluginCompiler& compiler_;
  const wasm::ProcessServices& process_;
  uint32_t workers_;
  Logger& logger_;
  std::string node_id_;
  uint64_t number_ = 0;
  std::map<std::string, Good> good_;     // by resource: what serves
  std::map<std::string, Good> pending_;  // of the generation being built
  std::vector<config::Plugin> waiting_;  // could not be fetched from the network
};

}  // namespace wasmgate::server
