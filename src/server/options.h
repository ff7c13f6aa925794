#pragma once
// What the command line may say about the daemon. Each optional setting goes over the GatewayConfig
// of the files, which goes over the defaults (config/model/gateway.h).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/model/gateway.h"

namespace wasmgate::server {

/// Where the access log goes, as given by --access-log.
struct AccessLogOption {
  bool enabled = true;
  std::string path;  // empty: stdout
};

struct Options {
  std::vector<std::string>
      paths;  // -f: files and folders, in the order given; empty only with `demo`
  std::vector<config::Listener> listeners;  // --listen; empty: the GatewayConfig's
  std::optional<config::Listener> admin;    // --admin ADDRESS:PORT
  bool admin_off = false;                   // --admin off
  std::optional<uint32_t> workers;          // --workers; 0: as many as cores
  std::string state_dir;                    // --state-dir; empty: by the XDG rules
  bool state_may_move = false;  // nobody applies to this run: it takes a temporary state folder
                                // when a default one is in use
  LogLevel log_level = LogLevel::Info;
  std::optional<AccessLogOption> access_log;  // --access-log off|stdout|PATH
  bool demo = false;        // --demo: the built-in configuration and echo upstream
  bool check_only = false;  // --check: validate and exit
  std::string port_file;    // --port-file: written atomically once ready, JSON
                            // {"listeners":["127.0.0.1:8080"],"admin":"…"}
};

}  // namespace wasmgate::server
