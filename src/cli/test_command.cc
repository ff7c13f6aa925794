#include <fmt/format.h>

#include <filesystem>

#include "author/case_run.h"
#include "author/plugin_build.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "server/file_io.h"

namespace wasmgate::cli {
namespace {

constexpr size_t kCaseBytes = 16ULL * 1024 * 1024;

using Results = std::vector<author::TestResult>;

// Tells each result when it is there: lines of progress for people, on standard error.
void tell(const author::TestResult& result, Console& console) {
  console.err << fmt::format("{:<8}{} {} ({:.2f} s)\n", to_string(result.verdict), result.suite,
                             result.name, result.seconds);
  for (const std::string& message : result.messages) {
    console.err << "        " << message << "\n";
  }
}

void add(Results& results, author::TestResult result, Console& console) {
  tell(result, console);
  results.push_back(std::move(result));
}

// The plug-in's own tests and, by the simulator, its cases: one run of the SDK's test verb.
void run_native(const author::PluginFolder& plugin, Results& results, Console& console) {
  author::TestResult result;
  result.suite = "native";
  result.name = "unit tests";
  const auto begin = std::chrono::steady_clock::now();
  const auto finished = author::run_command_line(author::native_test(plugin), author::Output::Keep);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!finished || finished->code != 0) {
    result.verdict = author::Verdict::Failed;
    result.messages = {finished ? finished->output : finished.error().detail};
  }
  add(results, std::move(result), console);
}

// A case that cannot be read is a failed test.
author::TestResult run_case(author::CaseRunner& runner, const std::string& path,
                            const std::string& module) {
  author::TestResult broken;
  broken.suite = "wasm";
  broken.name = std::filesystem::path(path).stem().string();
  broken.verdict = author::Verdict::Failed;
  const auto text = server::read_file(path, kCaseBytes);
  const auto file = text ? author::parse_case(path, *text) : tl::unexpected(text.error());
  if (!file) {
    broken.messages = {file.error().detail};
    return broken;
  }
  return runner.run(*file, module);
}

// False when the module does not build.
bool build(const author::PluginFolder& plugin, Console& console) {
  const auto made =
      author::run_command_line(author::module_build(plugin, ""), author::Output::Keep);
  if (made && made->code == 0) {
    return true;
  }
  console.err << (made ? made->output : made.error().detail) << "wasmgate test: " << plugin.name
              << " does not build\n";
  return false;
}

bool run_cases(const author::PluginFolder& plugin, const TestOptions& options, Results& results,
               Console& console) {
  const auto logger = make_stderr_logger(LogLevel::Warn);
  const auto runner = author::CaseRunner::make(*logger);
  if (!runner) {
    console.err << "wasmgate test: " << runner.error().detail << "\n";
    return false;
  }
  for (const std::string& path : author::case_files(plugin)) {
    if (path.find(options.filter) != std::string::npos) {
      add(results, run_case(**runner, path, plugin.module()), console);
    }
  }
  return true;
}

int report(const author::PluginFolder& plugin, const TestOptions& options, const Results& results,
           Console& console) {
  const author::TestCounts counts = author::count(results);
  if (options.output == "json") {
    console.out << author::test_json(plugin.name, results);
  } else {
    console.out << fmt::format(
        "{} passed, {} failed{}\n", counts.passed, counts.failed,
        counts.skipped == 0 ? "" : fmt::format(", {} skipped", counts.skipped));
  }
  if (!options.junit.empty()) {
    const auto written =
        server::write_file_atomically(options.junit, author::junit_xml(plugin.name, results), 0644);
    if (!written) {
      console.err << "wasmgate test: " << written.error().detail << "\n";
      return kFailed;
    }
  }
  if (counts.passed + counts.failed == 0) {
    console.err << "wasmgate test: no test ran\n";
    return kTestsFailed;
  }
  return counts.failed == 0 ? kOk : kTestsFailed;
}

}  // namespace

int test_command(const TestOptions& options, Console& console) {
  const auto plugin = author::find_plugin(options.path, std::filesystem::current_path().string());
  if (!plugin) {
    console.err << "wasmgate test: " << plugin.error().detail << "\n";
    return plugin.error().code == ErrorCode::NotFound ? kNotFound : kUsage;
  }
  Results results;
  const bool both = options.native == options.wasm;
  if (both || options.native) {
    run_native(*plugin, results, console);
  }
  if (both || options.wasm) {
    if (!build(*plugin, console) || !run_cases(*plugin, options, results, console)) {
      return kFailed;
    }
  }
  return report(*plugin, options, results, console);
}

}  // namespace wasmgate::cli
