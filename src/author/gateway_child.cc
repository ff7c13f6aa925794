#include "author/gateway_child.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "author/resources.h"
#include "net/socket.h"
#include "server/file_io.h"

namespace wasmgate::author {
namespace {

constexpr auto kReady = std::chrono::seconds(60);
constexpr size_t kLogBytes = 64ULL * 1024 * 1024;

std::string resource_file(const std::string& folder) { return folder + "/conf/resources.yaml"; }
std::string port_file(const std::string& folder) { return folder + "/ports.json"; }
std::string log_file(const std::string& folder) { return folder + "/log"; }

int port_of(const std::string& address) {
  const size_t colon = address.rfind(':');
  return colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
}

Result<void> write_resources(const std::string& folder,
                             const std::vector<nlohmann::ordered_json>& documents) {
  return server::write_file_atomically(resource_file(folder), to_text(documents), 0600);
}

Command gateway_command(const GatewaySetting& setting) {
  Command command;
  command.words = {own_program(), "run",
                   "-f",          setting.folder + "/conf",
                   "--listen",    setting.listen,
                   "--admin",     setting.admin,
                   "--state-dir", setting.state_folder,
                   "--port-file", port_file(setting.folder)};
  command.words.insert(command.words.end(), setting.more_options.begin(),
                       setting.more_options.end());
  return command;
}

}  // namespace

Result<std::unique_ptr<GatewayChild>> GatewayChild::start(
    const GatewaySetting& setting, const std::vector<nlohmann::ordered_json>& documents) {
  std::error_code error;
  std::filesystem::create_directories(setting.folder + "/conf", error);
  if (const auto written = write_resources(setting.folder, documents); !written) {
    return tl::unexpected(written.error());
  }
  net::Socket log(
      ::open(log_file(setting.folder).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  auto process =
      ChildProcess::start(gateway_command(setting), setting.keep_log ? log.fd() : STDERR_FILENO);
  if (!process) {
    return tl::unexpected(process.error());
  }
  std::unique_ptr<GatewayChild> out(new GatewayChild(setting, std::move(*process)));
  if (const auto ready = out->wait_until_ready(); !ready) {
    return tl::unexpected(ready.error());
  }
  return out;
}

Result<void> GatewayChild::wait_until_ready() {
  const auto end = std::chrono::steady_clock::now() + kReady;
  const std::string file = port_file(setting_.folder);
  while (!std::filesystem::exists(file)) {
    if (process_.ended()) {
      return fail(ErrorCode::Internal, "the gateway ended at its start:\n" + log_end(4000));
    }
    if (std::chrono::steady_clock::now() > end) {
      return fail(ErrorCode::Timeout, "the gateway was not ready in time:\n" + log_end(4000));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto text = server::read_file(file, kLogBytes);
  const auto ports = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!ports.is_object() || ports["listeners"].empty()) {
    return fail(ErrorCode::Internal, file + " does not say where the gateway listens");
  }
  port_ = port_of(ports["listeners"][0].get<std::string>());
  admin_port_ = port_of(ports["admin"].get<std::string>());
  return {};
}

std::string GatewayChild::log_end(size_t bytes) const {
  const auto text = server::read_file(log_file(setting_.folder), kLogBytes);
  return !text ? "" : text->size() > bytes ? text->substr(text->size() - bytes) : *text;
}

Result<void> GatewayChild::write(const std::vector<nlohmann::ordered_json>& documents) const {
  return write_resources(setting_.folder, documents);
}

}  // namespace wasmgate::author
