#include "plugin.h"

#include "common_util.h"
#include "http_util.h"

static RegisterContextFactory register_SniMisdirect(CONTEXT_FACTORY(SniMisdirectContext),
                                                    ROOT_FACTORY(RootContext));

namespace {

using namespace Wasm::Common;

std::string property(std::string_view first, std::string_view second) {
  std::string value;
  getValue({first, second}, &value);
  return value;
}

bool isGrpc(std::string_view content_type) {
  return startsWithIgnoreCase(content_type, "application/grpc+") ||
         Http::isMediaType(content_type, Http::ContentTypeValues::Grpc);
}

}  // namespace

bool isServedBy(std::string_view sni, std::string_view host) {
  if (sni.substr(0, 2) == "*.") {
    const std::string_view suffix = sni.substr(1);
    return host.size() > suffix.size() &&
           equalsIgnoreCase(host.substr(host.size() - suffix.size()), suffix);
  }
  return equalsIgnoreCase(host, sni);
}

FilterHeadersStatus SniMisdirectContext::onRequestHeaders(uint32_t, bool) {
  const std::string protocol = property("request", "protocol");
  const std::string scheme = property("request", "scheme");
  if (protocol.compare(0, 6, "HTTP/1") == 0 || (!scheme.empty() && scheme != "https") ||
      isGrpc(getRequestHeader("content-type")->view())) {
    return FilterHeadersStatus::Continue;
  }
  const std::string sni = property("connection", "requested_server_name");
  if (sni.empty()) {
    return FilterHeadersStatus::Continue;
  }
  const WasmDataPtr authority = getRequestHeader(":authority");
  if (isServedBy(sni, Http::stripPortFromHost(authority->view()))) {
    return FilterHeadersStatus::Continue;
  }
  sendLocalResponse(421, "Misdirected Request", "", {});
  return FilterHeadersStatus::StopIteration;
}
