#include "cli/list_printer.h"

#include <algorithm>

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string scalar(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_yaml(const Json& value, const std::string& indent, bool after_dash, std::string& out);

void add_member(const std::string& head, const Json& value, const std::string& indent,
                std::string& out) {
  out += head;
  if (value.is_structured() && !value.empty()) {
    out += "\n";
    add_yaml(value, indent, false, out);
  } else {
    out += " " + scalar(value) + "\n";
  }
}

// `after_dash`: the first line's indentation is there already.
void add_yaml(const Json& value, const std::string& indent, bool after_dash, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += (after_dash ? "" : indent) + scalar(value) + "\n";
    return;
  }
  if (value.is_array()) {
    for (const Json& item : value) {
      out += (after_dash ? "" : indent) + "- ";
      after_dash = false;
      add_yaml(item, indent + "  ", true, out);
    }
    return;
  }
  for (const auto& [key, item] : value.items()) {
    add_member((after_dash ? "" : indent) + key + ":", item, indent + "  ", out);
    after_dash = false;
  }
}

}  // namespace

std::string table_text(const TableRow& headers, const std::vector<TableRow>& rows,
                       bool with_headers) {
  std::vector<TableRow> lines;
  if (with_headers) {
    lines.push_back(headers);
  }
  lines.insert(lines.end(), rows.begin(), rows.end());
  std::vector<size_t> widths(headers.size(), 1);
  for (const TableRow& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  std::string out;
  for (const TableRow& line : lines) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string cell = line[i].empty() ? "-" : line[i];
      text += cell + (i + 1 == line.size() ? "" : std::string(widths[i] - cell.size() + 3, ' '));
    }
    out += text + "\n";
  }
  return out;
}

std::string json_text(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string yaml_text(const Json& value) {
  std::string out;
  add_yaml(value, "", false, out);
  return out;
}

}  // namespace wasmgate::cli
