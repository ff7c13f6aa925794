#pragma once
// The daemon's state as the admin room wants it, and its answer as the small server sends it.

#include <string>

#include "base/clock.h"
#include "observe/metrics.h"
#include "server/publisher.h"
#include "server/small_server.h"

namespace wasmgate::server {

struct AdminState {
  bool ready = false;
  bool draining = false;
  const std::string& refused;  // why the newest configuration was refused; empty: it was not
  const Published& published;
  const MetricRegistry& metrics;
  const Clock& clock;
};

SmallReply admin_page(const AdminState& state, const http::HeaderMap& headers);

/// The text of the status file.
std::string status_text(const AdminState& state);

}  // namespace wasmgate::server
