#include "admin/admin.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "admin/pages.h"

namespace wasmgate::admin {
namespace {

struct Page {
  std::string_view path;
  AdminResponse (*answer)(const AdminSource& source);
};

AdminResponse healthz(const AdminSource& /*source*/) { return text_response(200, "ok\n"); }

constexpr std::array<Page, 7> kPages{{{"/", index_page},
                                      {"/healthz", healthz},
                                      {"/livez", healthz},
                                      {"/readyz", readyz_page},
                                      {"/stats/prometheus", metrics_page},
                                      {"/config_dump", config_page},
                                      {"/plugins", plugins_page}}};

// An Origin is a scheme and a host; pages opened from files and sandboxes send "null".
bool is_own_origin(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return origin.empty() ||
         (scheme != std::string_view::npos && is_loopback_host(origin.substr(scheme + 3)));
}

void add_common_headers(AdminResponse& response) {
  response.headers.emplace_back("cache-control", "no-store");
  response.headers.emplace_back("x-content-type-options", "nosniff");
  response.headers.emplace_back("x-frame-options", "DENY");
}

AdminResponse choose(const AdminRequest& request, const AdminSource& source) {
  if (!is_loopback_host(request.host) || !is_own_origin(request.origin)) {
    return text_response(403, "the admin pages answer to localhost, 127.0.0.1 and [::1] only\n");
  }
  const std::string_view path = request.path.substr(0, request.path.find('?'));
  const auto* page =
      std::find_if(kPages.begin(), kPages.end(), [&](const Page& p) { return p.path == path; });
  if (page == kPages.end()) {
    return text_response(404, "no such page; / lists them\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    AdminResponse response = text_response(405, "these pages are read only\n");
    response.headers.emplace_back("allow", "GET, HEAD");
    return response;
  }
  return page->answer(source);
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    const std::string_view rest = end == std::string_view::npos ? "x" : host.substr(end + 1);
    return host.substr(0, end + 1) == "[::1]" && (rest.empty() || rest[0] == ':');
  }
  const std::string name(host.substr(0, host.find(':')));
  in_addr address{};
  const bool v4 =
      inet_pton(AF_INET, name.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return v4 || lower == "localhost";
}

AdminResponse answer(const AdminRequest& request, const AdminSource& source) {
  AdminResponse response = choose(request, source);
  add_common_headers(response);
  return response;
}

}  // namespace wasmgate::admin
