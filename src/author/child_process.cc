#include "author/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace wasmgate::author {
namespace {

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> whole_environment(const Command& command) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    bool replaced = false;
    for (const auto& [name, value] : command.environment) {
      replaced = replaced || entry.starts_with(name + "=");
    }
    if (!replaced) {
      out.emplace_back(entry);
    }
  }
  for (const auto& [name, value] : command.environment) {
    out.push_back(name + "=" + value);
  }
  return out;
}

// Only calls that are safe after fork() in a process with threads.
[[noreturn]] void become(const char* folder, char* const* words, char* const* variables,
                         int output_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output_fd, STDOUT_FILENO);
  ::dup2(output_fd, STDERR_FILENO);
  if (*folder == '\0' || ::chdir(folder) == 0) {
    ::execvpe(words[0], words, variables);
  }
  ::_exit(127);
}

std::string read_all(int fd) {
  std::string out;
  char block[16384];
  while (true) {
    const ssize_t size = ::read(fd, block, sizeof(block));
    if (size > 0) {
      out.append(block, static_cast<size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      return out;
    }
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const Command& command, int output_fd) {
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables = whole_environment(command);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> variable_pointers = pointers(variables);
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorCode::Internal, command.words[0] + ": " + std::strerror(errno));
  }
  if (pid == 0) {
    become(command.folder.c_str(), word_pointers.data(), variable_pointers.data(), output_fd);
  }
  return ChildProcess(pid);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !ended()) {
    stop();
  }
}

std::optional<int> ChildProcess::ended() {
  int status = 0;
  if (!code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = exit_code(status);
  }
  return code_;
}

int ChildProcess::wait() {
  int status = 0;
  while (!code_) {
    if (::waitpid(pid_, &status, 0) == pid_) {
      code_ = exit_code(status);
    } else if (errno != EINTR) {
      code_ = 127;
    }
  }
  return *code_;
}

void ChildProcess::stop(std::chrono::milliseconds patience) {
  if (ended()) {
    return;
  }
  ::kill(pid_, SIGTERM);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!ended()) {
    if (std::chrono::steady_clock::now() > end) {
      ::kill(pid_, SIGKILL);
      wait();
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Result<Finished> run_command_line(const Command& command, Output output) {
  int ends[2] = {-1, -1};
  if (output == Output::Keep && ::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(ErrorCode::Internal, std::string("pipe: ") + std::strerror(errno));
  }
  auto child = ChildProcess::start(command, output == Output::Keep ? ends[1] : STDERR_FILENO);
  if (output == Output::Keep) {
    ::close(ends[1]);
  }
  Finished out;
  if (child && output == Output::Keep) {
    out.output = read_all(ends[0]);
  }
  if (output == Output::Keep) {
    ::close(ends[0]);
  }
  if (!child) {
    return tl::unexpected(child.error());
  }
  out.code = child->wait();
  return out;
}

std::string own_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace wasmgate::author
