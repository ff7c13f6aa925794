#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "author/plugin_build.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"

namespace wasmgate::cli {
namespace {

using Seconds = std::chrono::duration<double>;

std::string abi_of(const wasm::ModuleReport& report) {
  return report.version ? std::string(to_string(*report.version)) : "none";
}

void print(const author::PluginFolder& plugin, const author::BuiltModule& built, Seconds took,
           const std::string& form, Console& console) {
  if (form == "json") {
    const nlohmann::ordered_json json = {{"plugin", plugin.name},
                                         {"language", author::to_string(plugin.sdk.language)},
                                         {"module", built.path},
                                         {"bytes", built.report.module_bytes},
                                         {"abi", abi_of(built.report)},
                                         {"digest", "sha256:" + built.digest},
                                         {"loadable", built.report.loadable()},
                                         {"problems", built.report.problems},
                                         {"warnings", built.report.warnings},
                                         {"seconds", took.count()}};
    console.out << json.dump(2) << "\n";
    return;
  }
  console.out << fmt::format(
      "module      {}\nsize        {} B\nABI         {}\nbuilt in    {:.1f} s\n", built.path,
      built.report.module_bytes, abi_of(built.report), took.count());
}

}  // namespace

int build_command(const BuildOptions& options, Console& console) {
  const auto plugin = author::find_plugin(options.path, std::filesystem::current_path().string());
  if (!plugin) {
    console.err << "wasmgate build: " << plugin.error().detail << "\n";
    return plugin.error().code == ErrorCode::NotFound ? kNotFound : kUsage;
  }
  if (const auto linked = author::link_sdk(*plugin); !linked) {
    console.err << "wasmgate build: " << linked.error().detail << "\n";
    return kFailed;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto made =
      author::run_command_line(author::module_build(*plugin, options.abi), author::Output::Error);
  if (!made || made->code != 0) {
    console.err << "wasmgate build: " << plugin->name << " does not build"
                << (made ? "" : ": " + made.error().detail) << "\n";
    return kFailed;
  }
  const auto built = author::judge_module(plugin->module());
  if (!built) {
    console.err << "wasmgate build: " << built.error().detail << "\n";
    return kFailed;
  }
  print(*plugin, *built, std::chrono::steady_clock::now() - begin, options.output, console);
  for (const std::string& warning : built->report.warnings) {
    console.err << built->path << ": warning: " << warning << "\n";
  }
  for (const std::string& problem : built->report.problems) {
    console.err << built->path << ": the gateway cannot load it: " << problem << "\n";
  }
  return built->report.loadable() ? kOk : kFailed;
}

}  // namespace wasmgate::cli
