#pragma once
// The verbs that change the running configuration, as requests on the state folder's UNIX socket
// (mode 0600: only this user): POST /apply, /delete, /rollback. Each changes files of the first -f
// folder, whole or not at all when the result is no valid configuration; the gateway then takes the
// files as it takes any other change. GET /status is the status file's text.

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "net/socket.h"
#include "server/kept_generations.h"
#include "server/small_server.h"

namespace wasmgate::server {

struct ChangeContext {
  const std::vector<std::string>& paths;            // of -f
  const std::vector<config::SourceText>& built_in;  // what is loaded beside them
  const KeptGenerations& kept;
};

/// `target`: path and query; "?dry-run=1" checks only. Bodies: /apply: YAML; /delete: "kind
/// namespace name", the namespace may be "-" for the kind's own; /rollback: none. Answers 200 with
/// one line per resource; 404 (nothing of that name, nothing kept), 409 (cannot be done with these
/// files), 422 (refused; the diagnostics), 405 for other methods.
SmallReply answer_change(std::string_view method, std::string_view target, std::string_view body,
                         const ChangeContext& context);

/// A listening UNIX socket at `path`, mode 0600, in place of one that a dead process left. Errors:
/// Refused, LimitExceeded (the path is too long).
Result<net::Socket> listen_unix(const std::string& path);

/// The socket of the gateway that has this state folder.
std::string admin_socket_path(const std::string& state_folder);

}  // namespace wasmgate::server
