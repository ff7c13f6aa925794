#include "config/read/read_canary.h"

#include <algorithm>

#include "config/read/metadata.h"
#include "config/read/plugin_url.h"

namespace wasmgate::config {
namespace {

constexpr std::string_view kUrl = "canary-url";
constexpr std::string_view kPercent = "canary-percent";
constexpr std::string_view kHeader = "canary-header";
constexpr uint32_t kHundredths = 100;

const Annotation* find(const Metadata& metadata, std::string_view name) {
  const auto found = std::find_if(
      metadata.annotations.begin(), metadata.annotations.end(), [&](const Annotation& a) {
        return a.key.starts_with(kOwnPrefix) &&
               std::string_view(a.key).substr(kOwnPrefix.size()) == name;
      });
  return found == metadata.annotations.end() ? nullptr : &*found;
}

void report(const Annotation& annotation, std::string expected, Diagnostics& out) {
  Diagnostic d;
  d.rule = "wrong-type";
  d.location = annotation.place.location;
  d.end_line = annotation.place.end_line;
  d.end_column = annotation.place.end_column;
  d.path = annotation.place.path;
  d.expected = std::move(expected);
  d.found = "string \"" + annotation.value + "\"";
  out.add(std::move(d));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "5", "0.25", "5%" as hundredths of a percent.
std::optional<uint32_t> parse_share(std::string_view text) {
  if (text.ends_with('%')) {
    text.remove_suffix(1);
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string rest(point == std::string_view::npos ? "0" : text.substr(point + 1));
  if (whole.empty() || whole.size() > 3 || rest.empty() || rest.size() > 2 ||
      !std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(rest.begin(), rest.end(), is_digit)) {
    return std::nullopt;
  }
  rest.resize(2, '0');
  const uint32_t share = static_cast<uint32_t>(std::stoul(std::string(whole))) * kHundredths +
                         static_cast<uint32_t>(std::stoul(rest));
  return share <= kHundredths * 100 ? std::optional(share) : std::nullopt;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

// "name" or "name=value"; names are compared in lower case.
bool read_header(std::string_view text, Canary& out) {
  const size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (!is_token(name)) {
    return false;
  }
  out.header = name;
  std::transform(out.header.begin(), out.header.end(), out.header.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (equals != std::string_view::npos) {
    out.header_value = std::string(text.substr(equals + 1));
  }
  return true;
}

}  // namespace

bool is_canary_annotation(std::string_view name) {
  return name == kUrl || name == kPercent || name == kHeader;
}

std::optional<Canary> read_canary(const Metadata& metadata, ReadContext& context) {
  const Annotation* url = find(metadata, kUrl);
  const Annotation* percent = find(metadata, kPercent);
  const Annotation* header = find(metadata, kHeader);
  const size_t errors = context.out.errors();
  Canary out;
  if (percent != nullptr) {
    if (const auto share = parse_share(percent->value)) {
      out.share = *share;
    } else {
      report(*percent, "a number from 0 to 100, with at most two decimals", context.out);
    }
  }
  if (header != nullptr && !read_header(header->value, out)) {
    report(*header, "a header's name, or name=value", context.out);
  }
  if (url == nullptr) {
    for (const Annotation* other : {percent, header}) {
      if (other != nullptr) {
        context.out.error(other->place, "no-canary",
                          "has no meaning without the annotation wasmgate.io/canary-url");
      }
    }
    return std::nullopt;
  }
  out.url = url->value;
  out.location = url->place.location;
  if (const auto problem = check_plugin_url(out.url, context.file, out.file)) {
    context.out.error(url->place, "bad-url", problem->message, problem->hint);
  } else if (out.url.empty()) {
    context.out.error(url->place, "bad-url", "an address is needed");
  }
  if (percent == nullptr && header == nullptr) {
    context.out.error(url->place, "no-canary",
                      "no request would meet it: give canary-percent or canary-header too",
                      "wasmgate.io/canary-percent: \"5\"");
  }
  return context.out.errors() == errors ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace wasmgate::config
