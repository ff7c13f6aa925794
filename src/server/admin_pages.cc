#include "server/admin_pages.h"

#include "observe/prometheus.h"

namespace wasmgate::server {

SmallReply admin_page(const AdminState& state, const http::HeaderMap& headers) {
  SmallReply reply;
  const std::string_view method = headers.get(http::kMethod).value_or("");
  std::string_view path = headers.get(http::kPath).value_or("");
  path = path.substr(0, path.find('?'));
  if (method != "GET" && method != "HEAD") {
    reply.status = 405;
    reply.allow = "GET, HEAD";
    return reply;
  }
  if (path == "/healthz" || path == "/livez") {
    reply.body = "ok\n";
  } else if (path == "/readyz") {
    const bool ready = state.ready && !state.draining;
    reply.status = ready ? 200 : 503;
    reply.body = ready ? "ready\n" : state.draining ? "draining\n" : "starting\n";
  } else if (path == "/stats/prometheus") {
    reply.content_type = std::string(kPrometheusContentType);
    reply.body = render_prometheus(state.metrics);
  } else {
    reply.status = 404;
    reply.body = "no such page\n";
  }
  return reply;
}

}  // namespace wasmgate::server
