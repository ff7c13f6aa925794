#pragma once
// Compiled modules by digest: shared while a plug-in uses them, kept on disk under a seal, else
// compiled in a child process (the same binary, hidden verb `compile-module`) with limits on CPU
// time and address space. A crash or a limit there is a refused plug-in, never a harmed gateway.

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "artifact/plugin_file.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "wasm/engine/compiled_code.h"
#include "wasm/engine/engine.h"

namespace wasmgate::server {

struct CompileLimits {
  std::chrono::seconds cpu{60};
  size_t address_space_bytes = 4ULL * 1024 * 1024 * 1024;
  size_t image_bytes = 512ULL * 1024 * 1024;
  /// False: in this process and without the limits above; only for measuring under valgrind, which
  /// cannot start the child.
  bool in_child = true;
};

class PluginCompiler {
 public:
  /// `cache_folder`: where images and the seal's key are kept; made when missing; empty: nothing is
  /// kept on disk. `engine`, `logger`, `random` outlive the compiler.
  PluginCompiler(wasm::Engine& engine, Logger& logger, RandomSource& random,
                 std::string cache_folder, const CompileLimits& limits = {});

  /// From now on large modules are compiled on half of the processors: somebody is served. Their
  /// priority is that of the calling thread. Thread: any.
  void give_way() { gives_way_ = true; }

  /// The compiled module for `code`. Slow when it is new. Thread: any.
  /// Errors: InvalidArgument with the engine's text, LimitExceeded, Internal when the child could
  /// not be run.
  Result<std::shared_ptr<const wasm::Module>> compile(const artifact::PluginCode& code);

 private:
  std::shared_ptr<const wasm::Module> find_live(const std::string& digest);
  std::shared_ptr<std::mutex> turn_of(const std::string& digest);
  std::shared_ptr<const wasm::Module> remember(const std::string& digest,
                                               std::shared_ptr<const wasm::Module> module);
  Result<std::string> run_child(std::string_view wasm) const;
  std::string image_path(const std::string& digest) const;
  std::shared_ptr<const wasm::Module> from_image(std::string_view image) const;
  void load_key(RandomSource& random);

  wasm::Engine& engine_;
  Logger& logger_;
  std::string folder_;
  CompileLimits limits_;
  std::atomic<bool> gives_way_{false};
  wasm::SealKey key_{};
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const wasm::Module>> live_;
  std::map<std::string, std::weak_ptr<std::mutex>>
      turns_;  // who compiles a digest keeps others of it waiting
};

/// The child's side: reads the key and the module from standard input, writes the sealed image to
/// standard output, sets its own limits first. Returns the process's exit code; problems go to
/// standard error as one line.
int compile_module_main(const CompileLimits& limits = {});

}  // namespace wasmgate::server
