#include "author/redis_child.h"

#include <fcntl.h>

#include <chrono>
#include <thread>

#include "net/socket.h"
#include "server/file_io.h"

namespace wasmgate::author {
namespace {

constexpr auto kRedisReady = std::chrono::seconds(20);
constexpr int kNoSuchProgram = 127;  // what ChildProcess says of a program that is not there
constexpr size_t kRedisLogBytes = 64UL * 1024;
constexpr std::string_view kRedisReadyWords = "Ready to accept connections";

// Free a moment ago. Redis cannot take a port that the kernel chooses.
Result<int> free_port() {
  const auto socket = net::listen_tcp(*net::Address::parse("127.0.0.1", 0), false);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  return net::local_address(socket->fd()).port();
}

}  // namespace

Result<std::unique_ptr<RedisChild>> RedisChild::start(const std::string& folder) {
  const auto port = free_port();
  if (!port) {
    return tl::unexpected(port.error());
  }
  const std::string log = folder + "/redis.log";
  const net::Socket output(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  Command command;
  command.words = {"redis-server", "--port", std::to_string(*port), "--bind", "127.0.0.1",
                   "--save",       "",       "--appendonly",        "no"};
  command.folder = folder;
  auto process = ChildProcess::start(command, output.fd());
  if (!process) {
    return tl::unexpected(process.error());
  }
  std::unique_ptr<RedisChild> out(new RedisChild(std::move(*process), *port));
  if (const auto ready = out->wait_until_ready(log); !ready) {
    return tl::unexpected(ready.error());
  }
  return out;
}

Result<void> RedisChild::wait_until_ready(const std::string& log) {
  const auto end = std::chrono::steady_clock::now() + kRedisReady;
  while (true) {
    const std::string text = server::read_file(log, kRedisLogBytes).value_or("");
    if (text.find(kRedisReadyWords) != std::string::npos) {
      return {};
    }
    if (const auto code = process_.ended()) {
      return *code == kNoSuchProgram
                 ? fail(ErrorCode::NotFound, "there is no redis-server in PATH")
                 : fail(ErrorCode::Internal, "redis-server ended at its start:\n" + text);
    }
    if (std::chrono::steady_clock::now() > end) {
      return fail(ErrorCode::Timeout, "redis-server was not ready in time:\n" + text);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace wasmgate::author
