#include "server/plugin_compiler.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include "server/file_io.h"

extern char** environ;

namespace wasmgate::server {
namespace {

// Modules above this take seconds to compile: while somebody is served, on half of the processors.
constexpr size_t kLongCompile = 4ULL * 1024 * 1024;
constexpr const char* kCompilerThreads = "RAYON_NUM_THREADS";  // the engine's variable

/// The environment of a compiling child: ours, and how many threads it may have, unless ours says
/// so. Ends with null. Lifetime: that of `setting` and of our environment.
std::vector<char*> child_environment(std::string& setting) {
  std::vector<char*> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    out.push_back(*entry);
  }
  if (::getenv(kCompilerThreads) == nullptr) {
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency() / 2);
    setting = std::string(kCompilerThreads) + "=" + std::to_string(threads);
    out.push_back(setting.data());
  }
  out.push_back(nullptr);
  return out;
}

constexpr const char* kKeyFile = "seal.key";

struct Pipe {
  int read = -1;
  int write = -1;
  ~Pipe() {
    close_read();
    close_write();
  }
  bool open() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) {
      return false;
    }
    read = fds[0];
    write = fds[1];
    return true;
  }
  void close_read() { close(read); }
  void close_write() { close(write); }
  static void close(int& fd) {
    if (fd >= 0) {
      ::close(fd);
      fd = -1;
    }
  }
};

// Feeds `input` to the child and collects both outputs until it has closed them.
bool exchange(Pipe& in, Pipe& out, Pipe& err, std::string_view key, std::string_view module,
              size_t limit, std::string& image, std::string& message) {
  std::string input;
  input.reserve(key.size() + module.size());
  input.append(key).append(module);
  size_t sent = 0;
  ::fcntl(in.write, F_SETFL, O_NONBLOCK);
  char block[64 * 1024];
  while (out.read >= 0 || err.read >= 0) {
    pollfd fds[3] = {{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}};
    if (::poll(fds, 3, -1) < 0) {
      if (errno == EINTR) {
        continue;
      }
      return false;
    }
    if (in.write >= 0 && fds[0].revents != 0) {
      const ssize_t n = ::write(in.write, input.data() + sent, input.size() - sent);
      sent += n > 0 ? static_cast<size_t>(n) : 0;
      if (sent == input.size() || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        in.close_write();
      }
    }
    const auto drain = [&](Pipe& pipe, short revents, std::string& to, size_t cap) {
      if (pipe.read < 0 || revents == 0) {
        return true;
      }
      const ssize_t n = ::read(pipe.read, block, sizeof block);
      if (n > 0 && to.size() + static_cast<size_t>(n) <= cap) {
        to.append(block, static_cast<size_t>(n));
        return true;
      }
      if (n < 0 && errno == EINTR) {
        return true;
      }
      pipe.close_read();
      return n <= 0;
    };
    if (!drain(out, fds[1].revents, image, limit) ||
        !drain(err, fds[2].revents, message, 64 * 1024)) {
      return false;
    }
  }
  return true;
}

}  // namespace

PluginCompiler::PluginCompiler(wasm::Engine& engine, Logger& logger, RandomSource& random,
                               std::string cache_folder, const CompileLimits& limits)
    : engine_(engine), logger_(logger), folder_(std::move(cache_folder)), limits_(limits) {
  load_key(random);
}

// The key lies beside the images. A folder that cannot be used costs the cache, not the gateway.
void PluginCompiler::load_key(RandomSource& random) {
  key_ = wasm::make_seal_key(random);
  if (folder_.empty()) {
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  ::chmod(folder_.c_str(), 0700);
  const std::string path = folder_ + "/" + kKeyFile;
  const auto existing = read_file(path, 64);
  if (existing && existing->size() == key_.size()) {
    std::memcpy(key_.data(), existing->data(), key_.size());
    return;
  }
  const auto written =
      write_file_atomically(path, {reinterpret_cast<const char*>(key_.data()), key_.size()}, 0600);
  if (!written) {
    logger_.warn("compiled modules are not kept: {}", written.error().detail);
    folder_.clear();
  }
}

std::string PluginCompiler::image_path(const std::string& digest) const {
  return folder_ + "/" + digest + "-" + wasm::cache_key(engine_) + ".img";
}

std::shared_ptr<const wasm::Module> PluginCompiler::from_image(std::string_view image) const {
  const auto bytes = wasm::open_image(image, engine_, key_);
  if (!bytes) {
    return nullptr;
  }
  auto module = engine_.deserialize(*bytes);
  return module ? std::move(*module) : nullptr;
}

std::shared_ptr<const wasm::Module> PluginCompiler::find_live(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(digest);
  return found == live_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<std::mutex> PluginCompiler::turn_of(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(turns_, [](const auto& entry) { return entry.second.expired(); });
  auto turn = turns_[digest].lock();
  if (turn == nullptr) {
    turns_[digest] = turn = std::make_shared<std::mutex>();
  }
  return turn;
}

std::shared_ptr<const wasm::Module> PluginCompiler::remember(
    const std::string& digest, std::shared_ptr<const wasm::Module> module) {
  const std::lock_guard lock(mutex_);
  std::erase_if(live_, [](const auto& entry) { return entry.second.expired(); });
  live_[digest] = module;
  return module;
}

Result<std::shared_ptr<const wasm::Module>> PluginCompiler::compile(
    const artifact::PluginCode& code) {
  const auto turn = turn_of(code.digest);
  const std::lock_guard lock(*turn);
  if (auto module = find_live(code.digest)) {
    return module;
  }
  if (!folder_.empty()) {
    if (const auto image = MappedFile::open(image_path(code.digest), limits_.image_bytes)) {
      if (auto module = from_image(image->bytes())) {
        return remember(code.digest, std::move(module));
      }
      logger_.warn(
          "compiled module {}: the kept image does not fit this build or is damaged; compiling "
          "again",
          code.digest.substr(0, 12));
    }
  }
  auto image =
      limits_.in_child ? run_child(code.bytes) : wasm::compile_to_image(engine_, code.bytes, key_);
  if (!image) {
    return tl::unexpected(image.error());
  }
  auto module = from_image(*image);
  if (module == nullptr) {
    return fail(ErrorCode::Internal, "the compiled module does not open under its seal");
  }
  if (!folder_.empty()) {
    if (const auto written = write_file_atomically(image_path(code.digest), *image, 0600);
        !written) {
      logger_.warn("compiled module is not kept: {}", written.error().detail);
    }
  }
  return remember(code.digest, std::move(module));
}

Result<std::string> PluginCompiler::run_child(std::string_view wasm) const {
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) {
    return fail(ErrorCode::Internal,
                std::string("no pipe for the compiler: ") + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  char name[] = "wasmgate";
  char verb[] = "compile-module";
  char* argv[] = {name, verb, nullptr};
  // Signals that this process blocks or ignores must not be blocked or ignored there.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  std::string setting;
  std::vector<char*> fewer_threads;
  if (gives_way_ && wasm.size() > kLongCompile) {
    fewer_threads = child_environment(setting);
  }
  const int error = ::posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv,
                                  fewer_threads.empty() ? environ : fewer_threads.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return fail(ErrorCode::Internal,
                std::string("the compiler does not start: ") + std::strerror(error));
  }
  in.close_read();
  out.close_write();
  err.close_write();

  std::string image, message;
  const std::string_view key(reinterpret_cast<const char*>(key_.data()), key_.size());
  const bool complete = exchange(in, out, err, key, wasm, limits_.image_bytes, image, message);
  if (!complete) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!complete) {
    return fail(ErrorCode::LimitExceeded, "the compiled module is larger than the limit");
  }
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGKILL) {
      return fail(ErrorCode::LimitExceeded, "compiling took more than its limit of CPU time",
                  ErrorSource::Plugin);
    }
    return fail(ErrorCode::InvalidArgument,
                "the compiler ended by signal " + std::to_string(signal) +
                    " (address space limit, or a fault)",
                ErrorSource::Plugin);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    while (!message.empty() && message.back() == '\n') {
      message.pop_back();
    }
    return fail(ErrorCode::InvalidArgument, message.empty() ? "the compiler failed" : message,
                ErrorSource::Plugin);
  }
  return image;
}

int compile_module_main(const CompileLimits& limits) {
  const rlimit cpu{static_cast<rlim_t>(limits.cpu.count()),
                   static_cast<rlim_t>(limits.cpu.count()) + 1};
  ::setrlimit(RLIMIT_CPU, &cpu);
#ifndef WASMGATE_SANITIZED
  const rlimit space{limits.address_space_bytes, limits.address_space_bytes};
  ::setrlimit(RLIMIT_AS, &space);
#endif
  const rlimit core{0, 0};
  ::setrlimit(RLIMIT_CORE, &core);

  const auto input = read_descriptor(0, 1024ULL * 1024 * 1024);
  wasm::SealKey key{};
  if (!input || input->size() < key.size()) {
    std::fprintf(stderr, "compile-module: no key and module on standard input\n");
    return 2;
  }
  std::memcpy(key.data(), input->data(), key.size());
  // Only compiles: no pool of instances is needed, everything that the code depends on stays the
  // same.
  wasm::EngineOptions options = wasm::EngineOptions::for_this_build();
  options.pooling = false;
  auto engine = wasm::make_engine(options);
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().detail.c_str());
    return 1;
  }
  const auto image =
      wasm::compile_to_image(**engine, std::string_view(*input).substr(key.size()), key);
  if (!image) {
    std::fprintf(stderr, "%s\n", image.error().detail.c_str());
    return 1;
  }
  return write_descriptor(1, *image) ? 0 : 1;
}

}  // namespace wasmgate::server
