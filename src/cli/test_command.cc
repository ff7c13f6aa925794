#include <fmt/format.h>

#include <filesystem>

#include "author/case_run.h"
#include "author/native_cases.h"
#include "author/plugin_build.h"
#include "author/temporary_folder.h"
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

// A case file, or why it cannot be read.
Result<author::CaseFile> read_case(const std::string& path) {
  const auto text = server::read_file(path, kCaseBytes);
  return text ? author::parse_case(path, *text) : tl::unexpected(text.error());
}

std::vector<std::string> chosen_cases(const author::PluginFolder& plugin,
                                      const TestOptions& options) {
  std::vector<std::string> out = author::case_files(plugin);
  std::erase_if(
      out, [&](const std::string& path) { return path.find(options.filter) == std::string::npos; });
  return out;
}

author::TestResult named(const char* suite, const std::string& path) {
  author::TestResult out;
  out.suite = suite;
  out.name = std::filesystem::path(path).stem().string();
  return out;
}

// What the simulator can run of the cases. Files that cannot be read fail on the gateway's side.
std::vector<author::CaseFile> native_files(const std::vector<std::string>& paths,
                                           Results& skipped) {
  std::vector<author::CaseFile> out;
  for (const std::string& path : paths) {
    auto file = read_case(path);
    if (!file) {
      continue;
    }
    if (const std::string why = author::not_native(*file); !why.empty()) {
      author::TestResult result = named("native", path);
      result.verdict = author::Verdict::Skipped;
      result.messages = {why};
      skipped.push_back(std::move(result));
    } else {
      out.push_back(std::move(*file));
    }
  }
  return out;
}

// The plug-in's own tests and, in the simulator, its cases: one run of the SDK's test verb.
void run_native(const author::PluginFolder& plugin, const TestOptions& options,
                const std::string& folder, Results& results, Console& console) {
  Results cases;
  const auto files = native_files(chosen_cases(plugin, options), cases);
  author::TestResult result = named("native", "unit tests");
  author::Command command = author::native_test(plugin);
  command.environment.emplace_back("WASMGATE_CASES", folder + "/cases.json");
  command.environment.emplace_back("WASMGATE_CASE_REPORT", folder + "/report");
  const auto begin = std::chrono::steady_clock::now();
  const auto written =
      server::write_file_atomically(folder + "/cases.json", author::native_cases(files), 0600);
  const auto finished = written ? author::run_command_line(command, author::Output::Keep)
                                : tl::unexpected(written.error());
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto reported =
      author::read_native_report(server::read_file(folder + "/report", kCaseBytes).value_or(""));
  cases.insert(cases.end(), reported.begin(), reported.end());
  if (!finished || finished->code != 0) {
    result.verdict = author::Verdict::Failed;
    result.messages = {finished ? finished->output : finished.error().detail};
  }
  add(results, std::move(result), console);
  for (author::TestResult& one : cases) {
    add(results, std::move(one), console);
  }
}

// A case that cannot be read is a failed test.
author::TestResult run_case(author::CaseRunner& runner, const std::string& path,
                            const std::string& module) {
  const auto file = read_case(path);
  if (file) {
    return runner.run(*file, module);
  }
  author::TestResult broken = named("wasm", path);
  broken.verdict = author::Verdict::Failed;
  broken.messages = {file.error().detail};
  return broken;
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
  for (const std::string& path : chosen_cases(plugin, options)) {
    add(results, run_case(**runner, path, plugin.module()), console);
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
  if (const auto linked = author::link_sdk(*plugin); !linked) {
    console.err << "wasmgate test: " << linked.error().detail << "\n";
    return kFailed;
  }
  const auto folder = author::TemporaryFolder::make();
  if (!folder) {
    console.err << "wasmgate test: " << folder.error().detail << "\n";
    return kFailed;
  }
  Results results;
  const bool both = options.native == options.wasm;
  if (both || options.native) {
    run_native(*plugin, options, folder->path(), results, console);
  }
  if (both || options.wasm) {
    if (!build(*plugin, console) || !run_cases(*plugin, options, results, console)) {
      return kFailed;
    }
  }
  return report(*plugin, options, results, console);
}

}  // namespace wasmgate::cli
