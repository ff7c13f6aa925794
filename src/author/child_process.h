#pragma once
// Programs that the tools start: make for builds and tests, this binary for gateways. A child dies
// with this process, however this process ends. Blocking: for the tools' own thread.

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wasmgate::author {

struct Command {
  std::vector<std::string> words;  // the program, looked up in PATH, and its arguments
  std::string folder;              // where it runs; empty: here
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's
};

/// Where a child's output goes.
enum class Output : uint8_t {
  Keep,   // both streams, in order, into a string
  Error,  // both onto this process's standard error
};

class ChildProcess {
 public:
  /// `output_fd`: both streams go there. Errors: Internal with the system's text; a program that is
  /// not there ends with code 127.
  static Result<ChildProcess> start(const Command& command, int output_fd);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Ends it (`stop`) when it still runs.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// The exit code (128 + signal when a signal ended it) once it has ended, else nothing.
  std::optional<int> ended();
  /// Waits for its end.
  int wait();
  /// Asks it to end, and kills it after `patience`.
  void stop(std::chrono::milliseconds patience = std::chrono::milliseconds(3000));

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> code_;
};

struct Finished {
  int code = 0;
  std::string output;  // with Output::Keep
};

/// Runs a command to its end. Errors: those of `start`.
Result<Finished> run_command_line(const Command& command, Output output);

/// The path of this binary.
std::string own_program();

}  // namespace wasmgate::author
