#include "http_util.h"

#include "common_util.h"
#include "match_rule.h"
#include "proxy_wasm_intrinsics.h"

namespace Wasm::Common::Http {
namespace PercentEncoding {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = toLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string encode(std::string_view value, std::string_view reserved_chars) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte >= 0x7f || reserved_chars.find(c) != std::string_view::npos) {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    } else {
      encoded += c;
    }
  }
  return encoded;
}

std::string decode(std::string_view value) {
  std::string decoded;
  decoded.reserve(value.size());
  for (size_t at = 0; at < value.size(); ++at) {
    if (value[at] == '%' && at + 2 < value.size() && hex_value(value[at + 1]) >= 0 &&
        hex_value(value[at + 2]) >= 0) {
      decoded += static_cast<char>(hex_value(value[at + 1]) * 16 + hex_value(value[at + 2]));
      at += 2;
    } else {
      decoded += value[at];
    }
  }
  return decoded;
}

}  // namespace PercentEncoding

bool timePointValid(SystemTime time) { return time != SystemTime(); }

std::string_view stripPortFromHost(std::string_view host) {
  return wasmgate::sdk::without_port(host);
}

QueryParams parseParameters(std::string_view data, size_t start, bool decode_params) {
  QueryParams params;
  data = data.substr(0, data.find('#'));
  while (start < data.size()) {
    const size_t end = std::min(data.find('&', start), data.size());
    const std::string_view pair = data.substr(start, end - start);
    start = end + 1;
    if (pair.empty()) {
      continue;
    }
    const size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (decode_params) {
      params.emplace(PercentEncoding::decode(name), PercentEncoding::decode(value));
    } else {
      params.emplace(name, value);
    }
  }
  return params;
}

namespace {
QueryParams parseAfterQuestionMark(std::string_view url, bool decode_params) {
  const size_t mark = url.find('?');
  return mark == std::string_view::npos ? QueryParams()
                                        : parseParameters(url, mark + 1, decode_params);
}
}  // namespace

QueryParams parseQueryString(std::string_view url) { return parseAfterQuestionMark(url, false); }
QueryParams parseAndDecodeQueryString(std::string_view url) {
  return parseAfterQuestionMark(url, true);
}
QueryParams parseFromBody(std::string_view body) { return parseParameters(body, 0, true); }

std::vector<std::string> getAllOfHeader(std::string_view key) {
  std::vector<std::string> values;
  const WasmDataPtr headers = getRequestHeaderPairs();
  for (const auto& [name, value] : headers->pairs()) {
    if (equalsIgnoreCase(name, key)) {
      values.emplace_back(value);
    }
  }
  return values;
}

std::unordered_map<std::string, std::string> parseCookies(
    const std::function<bool(std::string_view)>& key_filter) {
  std::unordered_map<std::string, std::string> cookies;
  for (const std::string& line : getAllOfHeader(Header::Cookie)) {
    std::string_view rest = line;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      const size_t equals = item.find('=');
      if (equals == std::string_view::npos) {
        continue;
      }
      const std::string_view name = trim(item.substr(0, equals));
      std::string_view value = trim(item.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      if (key_filter(name)) {
        cookies.emplace(name, value);
      }
    }
  }
  return cookies;
}

std::string buildOriginalUri(std::optional<uint32_t> max_path_length) {
  const WasmDataPtr scheme = getRequestHeader(Header::Scheme);
  const WasmDataPtr host = getRequestHeader(Header::Host);
  const WasmDataPtr path = getRequestHeader(Header::Path);
  const std::string_view cut = path->view().substr(0, max_path_length.value_or(UINT32_MAX));
  std::string uri(scheme->size() == 0 ? std::string_view("http") : scheme->view());
  uri.append("://").append(host->view()).append(cut);
  return uri;
}

void extractHostPathFromUri(std::string_view uri, std::string_view& host, std::string_view& path) {
  const size_t scheme = uri.find("://");
  const size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t slash = uri.find('/', start);
  host = uri.substr(start, slash == std::string_view::npos ? slash : slash - start);
  path = slash == std::string_view::npos ? std::string_view("/") : uri.substr(slash);
}

std::string_view pathWithoutQuery(std::string_view path) {
  return path.substr(0, path.find_first_of("?#"));
}

void extractPathWithoutArgsFromUri(std::string_view uri, std::string_view& path_without_args) {
  path_without_args = pathWithoutQuery(uri);
}

bool hasRequestBody() {
  const WasmDataPtr length = getRequestHeader(Header::ContentLength);
  if (length->size() != 0) {
    return length->view().find_first_not_of("0 \t") != std::string_view::npos;
  }
  return getRequestHeader(Header::TransferEncoding)->size() != 0 ||
         getRequestHeader(Header::ContentType)->size() != 0;
}

bool isMediaType(std::string_view content_type, std::string_view media_type) {
  return equalsIgnoreCase(trim(content_type.substr(0, content_type.find(';'))), media_type);
}

}  // namespace Wasm::Common::Http
