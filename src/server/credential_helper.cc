#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/log.h"
#include "server/http_fetcher.h"

extern char** environ;

namespace wasmgate::server {
namespace {

constexpr auto kTimeLimit = std::chrono::seconds(10);
constexpr size_t kAnswerBytes = 64 * 1024;

class OutputPipe {
 public:
  OutputPipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      read_ = ends[0];
      write_ = ends[1];
    }
  }
  ~OutputPipe() {
    close_read();
    close_write();
  }
  OutputPipe(const OutputPipe&) = delete;
  OutputPipe& operator=(const OutputPipe&) = delete;
  int read_end() const { return read_; }
  int write_end() const { return write_; }
  void close_read() { close(read_); }
  void close_write() { close(write_); }

 private:
  static void close(int& fd) {
    if (fd >= 0) {
      ::close(fd);
      fd = -1;
    }
  }
  int read_ = -1;
  int write_ = -1;
};

bool is_plain_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// Reads to the end, or until the time is over.
bool read_answer(int fd, std::string& out) {
  const auto end = std::chrono::steady_clock::now() + kTimeLimit;
  std::array<char, 4096> block{};
  while (out.size() <= kAnswerBytes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          end - std::chrono::steady_clock::now())
                          .count();
    pollfd poll_for{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&poll_for, 1, static_cast<int>(left)) <= 0) {
      return false;
    }
    const ssize_t n = ::read(fd, block.data(), block.size());
    if (n <= 0) {
      return n == 0;
    }
    out.append(block.data(), static_cast<size_t>(n));
  }
  return false;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Result<std::string> ProcessCredentialHelper::run(const std::string& name, const std::string& verb,
                                                 const std::string& input) {
  if (!is_plain_name(name)) {
    return fail(ErrorCode::InvalidArgument,
                "credential helper \"" + escape_control(name) + "\": not a plain name",
                ErrorSource::Config);
  }
  std::string program = "docker-credential-" + name;
  std::string verb_word = verb;
  std::array<char*, 3> words{program.data(), verb_word.data(), nullptr};
  OutputPipe in;
  OutputPipe out;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.read_end(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.write_end(), STDOUT_FILENO);
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, program.c_str(), &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return fail(ErrorCode::NotFound, program + ": cannot be run (is it in PATH?)",
                ErrorSource::Config);
  }
  in.close_read();
  out.close_write();
  // The question fits into the pipe's buffer; a program that does not read it must not end us by
  // SIGPIPE.
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  const bool asked = input.size() < 60'000 && ::write(in.write_end(), input.data(), input.size()) ==
                                                  static_cast<ssize_t>(input.size());
  ::signal(SIGPIPE, old);
  in.close_write();
  std::string answer;
  const bool whole = asked && read_answer(out.read_end(), answer);
  if (!whole) {
    ::kill(pid, SIGKILL);
  }
  const int code = wait_for(pid);
  if (!whole) {
    return fail(ErrorCode::Timeout,
                program + " " + verb + ": no answer within 10 s, or too long a one",
                ErrorSource::Config);
  }
  if (code != 0) {
    // The protocol has only words for "nothing stored".
    const bool nothing = answer.find("credentials not found") != std::string::npos ||
                         answer.find("no credentials") != std::string::npos;
    return fail(nothing ? ErrorCode::NotFound : ErrorCode::Unavailable,
                program + " " + verb + " ended with " + std::to_string(code) + ": " +
                    escape_control(answer.substr(0, 200)),
                ErrorSource::Config);
  }
  return answer;
}

}  // namespace wasmgate::server
