#include "string_to_sign.h"

#include <algorithm>
#include <array>
#include <set>

#include "common_util.h"
#include "http_util.h"
#include "proxy_wasm_intrinsics.h"

namespace {

constexpr std::array<std::string_view, 5> kFixedHeaders = {":method", "accept", "content-md5",
                                                           "content-type", "date"};

/// Lower-cased names of the extra headers; those that are signed anyway, or cannot be, are left
/// out.
std::set<std::string> extraHeaders() {
  const WasmDataPtr list = getRequestHeader("x-ca-signature-headers");
  std::set<std::string> names;
  std::string_view rest = list->view();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string name = Wasm::Common::toLower(Wasm::Common::trim(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool fixed =
        std::find(kFixedHeaders.begin(), kFixedHeaders.end(), name) != kFixedHeaders.end();
    if (!name.empty() && !fixed && name != "x-ca-signature" && name != "x-ca-signature-headers") {
      names.insert(std::move(name));
    }
  }
  return names;
}

}  // namespace

std::string stringToSign(std::string_view form) {
  using namespace Wasm::Common::Http;
  std::string text;
  for (const std::string_view name : kFixedHeaders) {
    text.append(getRequestHeader(name)->view()).append("\n");
  }
  for (const std::string& name : extraHeaders()) {
    text.append(name).append(":").append(getRequestHeader(name)->view()).append("\n");
  }
  const WasmDataPtr path = getRequestHeader(":path");
  text.append(pathWithoutQuery(path->view()));
  QueryParams params = parseAndDecodeQueryString(path->view());
  params.merge(parseFromBody(form));
  char separator = '?';
  for (const auto& [name, value] : params) {
    text.append(1, separator).append(name).append("=").append(value);
    separator = '&';
  }
  return text;
}
