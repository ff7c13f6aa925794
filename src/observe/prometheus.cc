#include "observe/prometheus.h"

#include <fmt/format.h>

#include <iterator>

namespace wasmgate {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// The length of the well-formed UTF-8 sequence at the start of `text`, or 0 (RFC 3629).
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char b = byte(0);
  if (b < 0x80) {
    return 1;
  }
  if (b >= 0xC2 && b <= 0xDF) {
    return tail(1) ? 2 : 0;
  }
  if (b >= 0xE0 && b <= 0xEF) {
    const bool good =
        tail(1) && tail(2) && !(b == 0xE0 && byte(1) < 0xA0) && !(b == 0xED && byte(1) > 0x9F);
    return good ? 3 : 0;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    const bool good = tail(1) && tail(2) && tail(3) && !(b == 0xF0 && byte(1) < 0x90) &&
                      !(b == 0xF4 && byte(1) > 0x8F);
    return good ? 4 : 0;
  }
  return 0;
}

std::string escape(std::string_view raw, bool quotes) {
  std::string out;
  out.reserve(raw.size());
  for (size_t i = 0; i < raw.size();) {
    const auto c = static_cast<unsigned char>(raw[i]);
    const size_t length = utf8_length(raw.substr(i));
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\\\x{:02x}", c);
    } else if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += raw.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return out;
}

std::string label_text(const MetricLabels& labels, std::string_view le = {}) {
  std::string out;
  const auto put = [&](std::string_view name, std::string_view value) {
    out += out.empty() ? "{" : ",";
    out += fmt::format("{}=\"{}\"", name, value);
  };
  for (const auto& [name, value] : labels) {
    put(prometheus_label(name), prometheus_value(value));
  }
  if (!le.empty()) {
    put("le", le);
  }
  return out.empty() ? out : out + "}";
}

void put_histogram(std::string& out, const MetricSample& s) {
  uint64_t count = 0;
  for (size_t i = 0; i < s.buckets.size(); ++i) {
    count += s.buckets[i];
    const bool last = i == s.shape.bounds.size();
    const std::string le =
        last ? "+Inf"
             : fmt::format("{:.12g}", static_cast<double>(s.shape.bounds[i]) * s.shape.scale);
    out += fmt::format("{}_bucket{} {}\n", s.name, label_text(s.labels, le), count);
  }
  const std::string labels = label_text(s.labels);
  out +=
      fmt::format("{}_sum{} {:.12g}\n", s.name, labels, static_cast<double>(s.sum) * s.shape.scale);
  out += fmt::format("{}_count{} {}\n", s.name, labels, count);
}

std::string_view type_word(MetricKind kind) {
  switch (kind) {
    case MetricKind::Counter:
      return "counter";
    case MetricKind::Histogram:
      return "histogram";
    case MetricKind::UpDown:
    case MetricKind::Gauge:
      break;
  }
  return "gauge";
}

}  // namespace

std::string prometheus_name(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    out += letter(c) || digit(c) || c == ':' ? c : '_';
  }
  if (out.empty() || digit(out[0])) {
    out.insert(out.begin(), '_');
  }
  return out;
}

std::string prometheus_label(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    out += letter(c) || digit(c) ? c : '_';
  }
  while (out.starts_with("__")) {
    out.erase(0, 1);
  }
  if (out.empty() || digit(out[0])) {
    out.insert(out.begin(), '_');
  }
  return out;
}

std::string prometheus_value(std::string_view raw) { return escape(raw, true); }

std::string render_prometheus(const MetricRegistry& registry) {
  std::string out;
  std::string family;
  for (const MetricSample& s : registry.collect()) {
    if (s.name != family) {
      family = s.name;
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", s.name, escape(s.help, false), s.name,
                         type_word(s.kind));
    }
    if (s.kind == MetricKind::Histogram) {
      put_histogram(out, s);
    } else {
      out += fmt::format("{}{} {}\n", s.name, label_text(s.labels), s.value);
    }
  }
  return out;
}

}  // namespace wasmgate
