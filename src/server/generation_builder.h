#pragma once
// From a checked model to a generation: code fetched and compiled, VMs started and configured,
// routes indexed. A plug-in that cannot be fetched, compiled or configured keeps its last good
// generation (none: its failure policy) and the rest goes live (decision 5). A new generation of a
// plug-in with auto-rollback is on trial for its roll-back window: its predecessor stays ready on
// every worker, and comes back for good when the new one spends its crash budget. A canary that
// spends it ends. Everything here may block: it runs on the builder's thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artifact/artifact_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "server/generation.h"
#include "server/plugin_compiler.h"
#include "server/vm_preparer.h"
#include "wasm/host/process_services.h"

namespace wasmgate::server {

/// What tells whether a file is the one that was read.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  size_t size = 0;
  int64_t modified = 0;
  int64_t modified_nanoseconds = 0;
  int64_t changed = 0;
  int64_t changed_nanoseconds = 0;

  /// Whether a later change must show in it.
  bool is_settled() const;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

class GenerationBuilder {
 public:
  /// All arguments outlive the builder.
  GenerationBuilder(artifact::ArtifactStore& store, PluginCompiler& compiler,
                    const wasm::ProcessServices& process, VmPreparer& preparer, uint32_t workers,
                    const Clock& clock, Logger& logger);

  std::unique_ptr<Generation> build(std::shared_ptr<const config::Model> model);

  /// While it is on, build() and look_again() give up on registries that keep them waiting. Thread:
  /// any.
  void hurry(bool on) { store_.hurry(on); }

  /// Tells that this generation serves: its plug-ins become the last good ones, and what is not in
  /// it is forgotten.
  void activated(const Generation& generation);

  /// When look_again() may find something: what could not be fetched is due again, or a trial is
  /// over. Nothing: never by itself.
  std::optional<std::chrono::milliseconds> next_look() const;

  /// Whether the same model would now give another generation: a trial or a canary has ended, or
  /// something came that could not be fetched for the last build (it is tried again).
  bool look_again();

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
    bool resolved = false;  // the code was there
  };
  /// A generation that may still be rolled back.
  struct Trial {
    Good predecessor;
    MonotonicTime until;
  };
  /// What spent its crash budget is not made again.
  struct Rejected {
    std::string key;
    std::string message;
  };
  using Made = tl::expected<Good, Failure>;

  /// A plug-in whose code is there; `made.plugin` is set when it runs already.
  struct Draft {
    Good made;
    artifact::PluginCode code;
    wasm::PluginSpec spec;
  };
  struct Ahead {
    Made made = tl::unexpected(Failure{});
    std::vector<std::unique_ptr<wasm::Vm>> vms;
  };
  struct SeenFile {
    std::optional<FileIdentity> identity;
    std::string digest;
  };

  std::optional<std::string> known_digest(const config::Plugin& plugin) const;
  tl::expected<artifact::PluginCode, Failure> fetch_noting_file(const config::Plugin& plugin);
  tl::expected<Draft, Failure> begin(const config::Plugin& plugin, bool canary, uint64_t number);
  Made finish(Draft draft, std::vector<std::unique_ptr<wasm::Vm>>& vms) const;
  void make_ahead(const config::Model& model, uint64_t number);
  Made make(const config::Plugin& plugin, bool canary, uint64_t number,
            std::vector<std::unique_ptr<wasm::Vm>>& vms);
  void make_canary(const config::Plugin& plugin, uint64_t number, GenerationPlugin& entry,
                   PluginStatus& status);
  void consider_trial(const config::Plugin& plugin, GenerationPlugin& entry, PluginStatus& status);
  bool has_failed_trial(wasm::Plugin& plugin) const;
  void end_trials();
  void end_canaries();
  tl::expected<artifact::PluginCode, Failure> fetch(const config::Plugin& plugin);

  artifact::ArtifactStore& store_;
  PluginCompiler& compiler_;
  const wasm::ProcessServices& process_;
  VmPreparer& preparer_;
  uint32_t workers_;
  const Clock& clock_;
  Logger& logger_;
  std::string node_id_;
  uint64_t number_ = 0;
  std::map<std::string, Good> good_;          // by resource, canaries by canary_slot(): what serves
  std::map<std::string, Good> pending_;       // of the generation being built
  std::map<std::string, Trial> trials_;       // by resource
  std::map<std::string, Rejected> rejected_;  // by resource and canary_slot()
  std::map<std::string, Ahead> ahead_;        // of the first build: made by several threads
  std::map<std::string, SeenFile> seen_files_;  // by path
  std::vector<config::Plugin> waiting_;         // could not be fetched from the network
};

}  // namespace wasmgate::server
