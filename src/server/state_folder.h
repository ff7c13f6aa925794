#pragma once
// Where the daemon keeps what it may lose: compiled modules, the status file, the admin socket.

#include <string>

namespace wasmgate::server {

inline constexpr const char* kVersion = "0.1.0";

/// `given` when not empty; else $STATE_DIRECTORY (a systemd service), $XDG_STATE_HOME/wasmgate,
/// ~/.local/state/wasmgate, and /var/lib/wasmgate when there is no home.
std::string state_folder(const std::string& given);

}  // namespace wasmgate::server
