#pragma once
// A gateway as a child process: `wasmgate run` of this binary on a folder of resources, on ports
// that the kernel chose.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "author/child_process.h"

namespace wasmgate::author {

struct GatewaySetting {
  std::string folder;        // of this gateway alone; gets conf/, log and port file
  std::string state_folder;  // shared with others: compiled code is kept there
  std::string listen = "127.0.0.1:0";
  std::string admin = "off";
  std::vector<std::string> more_options;
  bool keep_log = true;  // into folder/log; else to standard error
};

class GatewayChild {
 public:
  /// Starts it on `documents` and waits until it is ready. Errors: Internal with the end of its
  /// log; Timeout.
  static Result<std::unique_ptr<GatewayChild>> start(
      const GatewaySetting& setting, const std::vector<nlohmann::ordered_json>& documents);

  int port() const { return port_; }
  int admin_port() const { return admin_port_; }  // 0: none
  ChildProcess& process() { return process_; }
  /// The last `bytes` of its log.
  std::string log_end(size_t bytes) const;
  /// Replaces the resources. Errors: those of the file.
  Result<void> write(const std::vector<nlohmann::ordered_json>& documents) const;

 private:
  GatewayChild(GatewaySetting setting, ChildProcess process)
      : setting_(std::move(setting)), process_(std::move(process)) {}
  Result<void> wait_until_ready();

  GatewaySetting setting_;
  ChildProcess process_;
  int port_ = 0;
  int admin_port_ = 0;
};

}  // namespace wasmgate::author
