#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/list_printer.h"
#include "cli/plugin_status.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string number_of(const Json& plugin, const char* key) {
  const auto found = plugin.find(key);
  return found != plugin.end() && found->is_number_integer() ? std::to_string(found->get<int64_t>())
                                                             : "";
}

// "sha256:0123456789ab": enough to tell images apart.
std::string short_digest(const std::string& digest) { return digest.substr(0, 19); }

// "5% sha256:0123456789ab", "x-canary=1 sha256:…", or what is the matter with it.
std::string canary_of(const Json& plugin) {
  const auto canary = plugin.find("canary");
  if (canary == plugin.end() || !canary->is_object()) {
    return "";
  }
  if (!canary->value("serving", false)) {
    return text_of(*canary, "reason");
  }
  const std::string header = text_of(*canary, "header");
  const auto percent = canary->find("percent");
  std::string out;
  if (percent != canary->end() && percent->is_number() && percent->get<double>() > 0) {
    out = fmt::format("{:g}%", percent->get<double>());
  }
  return out + (out.empty() || header.empty() ? "" : ",") + header + " " +
         short_digest(text_of(*canary, "digest"));
}

TableRow row_of(const Json& plugin, bool wide) {
  const PluginSummary summary = summary_of(plugin);
  const std::string url = text_of(plugin, "url");
  TableRow row{
      text_of(plugin, "resource"),   summary.ready,  summary.reason, text_of(plugin, "phase"),
      number_of(plugin, "priority"), version_of(url)};
  if (wide) {
    row.insert(row.end(), {short_digest(text_of(plugin, "digest")), canary_of(plugin),
                           text_of(plugin, "abi"), url});
  }
  return row;
}

void print_table(const Json& plugins, const GetOptions& options, Console& console) {
  const bool wide = options.output == "wide";
  TableRow headers{"NAME", "READY", "REASON", "PHASE", "PRIORITY", "VERSION"};
  if (wide) {
    headers.insert(headers.end(), {"DIGEST", "CANARY", "ABI", "URL"});
  }
  std::vector<TableRow> rows;
  for (const Json& plugin : plugins) {
    rows.push_back(row_of(plugin, wide));
  }
  console.out << table_text(headers, rows, !options.no_headers);
}

}  // namespace

int get_command(const GetOptions& options, Console& console) {
  auto all = read_plugins(options.from);
  auto plugins = all ? select_plugins(*all, options.name) : all;
  if (!plugins) {
    return report_failure("get", plugins.error(), console);
  }
  if (options.output == "json" || options.output == "yaml") {
    const Json document{{"plugins", *plugins}};
    console.out << (options.output == "json" ? json_text(document) : yaml_text(document));
  } else if (options.output == "name") {
    for (const Json& plugin : *plugins) {
      console.out << "plugin/" << text_of(plugin, "resource") << "\n";
    }
  } else {
    print_table(*plugins, options, console);
  }
  return kOk;
}

int describe_command(const DescribeOptions& options, Console& console) {
  auto all = read_plugins(options.from);
  auto plugins = all ? select_plugins(*all, options.name) : all;
  if (!plugins) {
    return report_failure("describe", plugins.error(), console);
  }
  for (const Json& plugin : *plugins) {
    std::vector<ResultField> fields;
    for (const auto& [key, value] : plugin.items()) {
      if (key != "conditions" && key != "canary") {
        fields.push_back({key, key, value.is_string() ? value.get<std::string>() : value.dump()});
      }
    }
    print_result(fields, "text", console);
    if (const auto canary = plugin.find("canary"); canary != plugin.end()) {
      std::vector<TableRow> rows;
      for (const auto& [key, value] : canary->items()) {
        rows.push_back({"  " + key, value.is_string() ? value.get<std::string>() : value.dump()});
      }
      console.out << "canary\n" << table_text({"", ""}, rows, false);
    }
    console.out << "conditions\n";
    std::vector<TableRow> rows;
    for (const Json& condition : plugin.value("conditions", Json::array())) {
      rows.push_back({"  " + text_of(condition, "type"), text_of(condition, "status"),
                      text_of(condition, "reason"), text_of(condition, "message")});
    }
    console.out << table_text({"  TYPE", "STATUS", "REASON", "MESSAGE"}, rows, true);
  }
  return kOk;
}

}  // namespace wasmgate::cli
