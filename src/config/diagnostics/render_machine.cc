#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "config/diagnostics/render.h"

namespace wasmgate::config {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string_view level(const Diagnostic& d) {
  return d.severity == Severity::Error ? "error" : "warning";
}

void put_text(Json& out, const char* key, const std::string& value) {
  if (!value.empty()) {
    out[key] = value;
  }
}

Json as_json(const Diagnostic& d) {
  Json out;
  out["severity"] = level(d);
  out["rule"] = d.rule;
  put_text(out, "file", d.location.file);
  if (d.location.line != 0) {
    out["line"] = d.location.line;
    out["column"] = d.location.column;
  }
  if (d.end_line != 0) {
    out["endLine"] = d.end_line;
    out["endColumn"] = d.end_column;
  }
  put_text(out, "path", d.path);
  out["message"] = full_message(d);
  put_text(out, "found", d.found);
  put_text(out, "expected", d.expected);
  put_text(out, "hint", d.hint);
  put_text(out, "note", d.note);
  return out;
}

// An artifact's URI: a relative or absolute path with what RFC 3986 does not allow percent-encoded.
std::string uri(std::string_view path) {
  constexpr std::string_view kKept = "-._~/!$&'()*+,;=:@";
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || kKept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Json sarif_result(const Diagnostic& d) {
  Json result;
  result["ruleId"] = d.rule;
  result["level"] = level(d);
  result["message"]["text"] = full_message(d) + (d.hint.empty() ? "" : " (try: " + d.hint + ")");
  if (!d.location.file.empty()) {
    Json place;
    place["artifactLocation"]["uri"] = uri(d.location.file);
    if (d.location.line != 0) {
      place["region"]["startLine"] = d.location.line;
      place["region"]["startColumn"] = d.location.column;
      if (d.end_line != 0) {
        place["region"]["endLine"] = d.end_line;
        place["region"]["endColumn"] = d.end_column;
      }
    }
    result["locations"] = Json::array({Json{{"physicalLocation", place}}});
  }
  return result;
}

// The escaping of GitHub's workflow commands: data, and properties which also end at a comma or
// colon.
std::string github_escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

}  // namespace

std::string render_json(const Diagnostics& diagnostics) {
  Json out;
  out["diagnostics"] = Json::array();
  for (const Diagnostic& d : diagnostics.items()) {
    out["diagnostics"].push_back(as_json(d));
  }
  out["errors"] = diagnostics.errors();
  out["warnings"] = diagnostics.warnings();
  return dump(out);
}

std::string render_sarif(const Diagnostics& diagnostics) {
  Json run;
  run["tool"]["driver"]["name"] = "wasmgate";
  run["tool"]["driver"]["rules"] = Json::array();
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = Json::array();
  std::set<std::string> rules;
  for (const Diagnostic& d : diagnostics.items()) {
    if (rules.insert(d.rule).second) {
      run["tool"]["driver"]["rules"].push_back(Json{{"id", d.rule}});
    }
    run["results"].push_back(sarif_result(d));
  }
  Json out;
  out["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  out["version"] = "2.1.0";
  out["runs"] = Json::array({run});
  return dump(out);
}

std::string render_github(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics.items()) {
    std::string properties;
    if (!d.location.file.empty()) {
      properties += "file=" + github_escape(d.location.file, true) + ",";
    }
    if (d.location.line != 0) {
      properties += fmt::format("line={},col={},", d.location.line, d.location.column);
      if (d.end_line == d.location.line) {
        properties += fmt::format("endColumn={},", d.end_column);
      }
    }
    out += fmt::format(
        "::{} {}title={}::{}\n", level(d), properties, github_escape(d.rule, true),
        github_escape(full_message(d) + (d.hint.empty() ? "" : " (try: " + d.hint + ")"), false));
  }
  return out;
}

}  // namespace wasmgate::config
