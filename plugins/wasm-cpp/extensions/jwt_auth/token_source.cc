#include "token_source.h"

#include <algorithm>
#include <tuple>

#include "common_util.h"
#include "http_util.h"
#include "proxy_wasm_intrinsics.h"

namespace {

using namespace Wasm::Common;

bool listed(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// `list` without the items whose name, up to '=', satisfies `drop`. Items are separated by
/// `separator`.
template <typename Drop>
std::string without(std::string_view list, char separator, Drop drop) {
  std::string kept;
  while (!list.empty()) {
    const size_t end = std::min(list.find(separator), list.size());
    const std::string_view item = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (!drop(trim(item.substr(0, item.find('='))))) {
      kept.append(kept.empty() ? "" : std::string(1, separator)).append(item);
    }
  }
  return kept;
}

}  // namespace

void TokenSource::read(wasmgate::sdk::ConfigReader& reader) {
  reader.each("from_headers", [&](wasmgate::sdk::ConfigReader& item) {
    HeaderPlace place;
    item.require("name", place.name).read("value_prefix", place.value_prefix);
    headers_.push_back(std::move(place));
  });
  reader.read("from_params", params_).read("from_cookies", cookies_);
  if (headers_.empty() && params_.empty() && cookies_.empty()) {
    headers_ = {{"Authorization", "Bearer "}};
    params_ = {"access_token"};
  }
  std::sort(headers_.begin(), headers_.end(), [](const HeaderPlace& a, const HeaderPlace& b) {
    return std::tie(a.name, a.value_prefix) < std::tie(b.name, b.value_prefix);
  });
}

std::vector<std::string> TokenSource::extract() const {
  std::vector<std::string> tokens;
  for (const HeaderPlace& place : headers_) {
    for (const std::string& value : Http::getAllOfHeader(place.name)) {
      if (value.compare(0, place.value_prefix.size(), place.value_prefix) == 0) {
        const std::string_view rest = std::string_view(value).substr(place.value_prefix.size());
        tokens.emplace_back(trim(rest));
      }
    }
  }
  if (!params_.empty()) {
    const auto query = Http::parseAndDecodeQueryString(getRequestHeader(":path")->view());
    for (const std::string& name : params_) {
      if (const auto found = query.find(name); found != query.end()) {
        tokens.push_back(found->second);
      }
    }
  }
  if (!cookies_.empty()) {
    const auto cookies =
        Http::parseCookies([this](std::string_view name) { return listed(cookies_, name); });
    for (const std::string& name : cookies_) {
      if (const auto found = cookies.find(name); found != cookies.end()) {
        tokens.push_back(found->second);
      }
    }
  }
  return tokens;
}

void TokenSource::removeFromRequest() const {
  for (const HeaderPlace& place : headers_) {
    removeRequestHeader(place.name);
  }
  const std::string path = getRequestHeader(":path")->toString();
  const size_t mark = path.find('?');
  if (!params_.empty() && mark != std::string::npos) {
    const std::string kept =
        without(std::string_view(path).substr(mark + 1), '&',
                [this](auto name) { return listed(params_, Http::PercentEncoding::decode(name)); });
    const std::string changed = path.substr(0, mark) + (kept.empty() ? "" : "?" + kept);
    if (changed != path) {
      replaceRequestHeader(":path", changed);
    }
  }
  if (!cookies_.empty()) {
    std::string kept;
    for (const std::string& line : Http::getAllOfHeader("cookie")) {
      const std::string rest =
          without(line, ';', [this](auto name) { return listed(cookies_, name); });
      kept.append(kept.empty() || rest.empty() ? "" : "; ").append(trim(rest));
    }
    if (kept.empty()) {
      removeRequestHeader("cookie");
    } else {
      replaceRequestHeader("cookie", kept);
    }
  }
}
