#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "artifact/digest.h"
#include "author/resources.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "config/diagnostics/render.h"
#include "config/schema/plugin_schema.h"
#include "server/file_io.h"
#include "wasm/abi/module_report.h"

namespace wasmgate::cli {
namespace {

constexpr size_t kInspectedBytes = 512ULL * 1024 * 1024;

std::string thousands(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, ",");
  }
  return text;
}

std::string in_one_line(const std::vector<std::string>& words, const char* separator) {
  std::string out;
  for (const std::string& word : words) {
    out += (out.empty() ? "" : separator) + word;
  }
  return out;
}

// "proxy_on_request_headers" reads as "request_headers" in a list of callbacks.
std::string short_name(const std::string& callback) {
  return callback.starts_with("proxy_on_") ? callback.substr(9) : callback;
}

// What a plug-in says of its configuration in the spec.yaml beside its module.
struct Spec {
  config::PluginSchema schema;
  std::vector<std::string> findings;  // what is wrong in it, with line and column
};

std::optional<Spec> read_spec(const std::string& module) {
  const std::string path = config::spec_beside(module);
  auto text = server::read_file(path, config::kMaxFileBytes);
  if (!text) {
    return text.error().code == ErrorCode::NotFound
               ? std::nullopt
               : std::optional(Spec{{}, {text.error().detail}});
  }
  config::Diagnostics findings;
  Spec out{config::read_plugin_schema({path, std::move(*text)}, findings), {}};
  for (const config::Diagnostic& found : findings.items()) {
    out.findings.push_back(fmt::format("spec.yaml:{}:{}: {}", found.location.line,
                                       found.location.column, config::full_message(found)));
  }
  return out;
}

struct SchemaField {
  std::string name;
  std::string type;
  bool required = false;
};

std::vector<SchemaField> fields_of(const config::SchemaPtr& schema) {
  std::vector<SchemaField> out;
  if (schema == nullptr) {
    return out;
  }
  for (const auto& [name, value] : schema->properties) {
    const auto& required = schema->required;
    out.push_back({name, config::describe(*value),
                   std::find(required.begin(), required.end(), name) != required.end()});
  }
  return out;
}

void print_fields(const config::SchemaPtr& schema, Console& console) {
  for (const SchemaField& field : fields_of(schema)) {
    console.out << fmt::format("            {:<24} {}{}\n", field.name, field.type,
                               field.required ? ", required" : "");
  }
}

void print_schema(const Spec& spec, Console& console) {
  const config::PluginSchema& schema = spec.schema;
  console.out << "schema      " << (schema.title.empty() ? "of spec.yaml" : schema.title)
              << (schema.config == nullptr ? ", none for its configuration\n" : "\n");
  print_fields(schema.config, console);
  if (schema.rule != nullptr) {
    console.out << "            in rules:\n";
    print_fields(schema.rule, console);
  }
  for (const std::string& finding : spec.findings) {
    console.out << "warning     " << finding << "\n";
  }
}

nlohmann::ordered_json fields_json(const config::SchemaPtr& schema) {
  auto out = nlohmann::ordered_json::array();
  for (const SchemaField& field : fields_of(schema)) {
    out.push_back({{"name", field.name}, {"type", field.type}, {"required", field.required}});
  }
  return out;
}

nlohmann::ordered_json to_json(const Spec& spec) {
  nlohmann::ordered_json json;
  json["title"] = spec.schema.title;
  json["fields"] = fields_json(spec.schema.config);
  if (spec.schema.rule != nullptr) {
    json["ruleFields"] = fields_json(spec.schema.rule);
  }
  json["warnings"] = spec.findings;
  return json;
}

void print_problems(const wasm::ModuleReport& report, Console& console) {
  for (const std::string& problem : report.problems) {
    console.out << "problem     " << problem << "\n";
  }
  for (const std::string& warning : report.warnings) {
    console.out << "warning     " << warning << "\n";
  }
}

void print_imports(const wasm::ModuleReport& report, Console& console) {
  size_t known = 0;
  for (const wasm::ImportReport& import : report.imports) {
    known += import.known ? 1 : 0;
  }
  console.out << fmt::format("imports     {}, {} of them known here\n", report.imports.size(),
                             known);
  for (const wasm::ImportReport& import : report.imports) {
    const std::string note = import.known ? import.hosts : import.problem;
    console.out << fmt::format("            {:<24} {:<42} {}\n", import.module, import.name, note);
  }
}

void print_text(const wasm::ModuleReport& report, const std::string& digest,
                const std::optional<Spec>& spec, Console& console) {
  console.out << "ABI         " << (report.version ? to_string(*report.version) : "none") << "\n";
  console.out << fmt::format("size        {} B  (code {} B, data {} B), {} functions\n",
                             thousands(report.module_bytes), thousands(report.code_bytes),
                             thousands(report.data_bytes), report.functions);
  console.out << fmt::format(
      "memory      {} KiB at start, {}\n", thousands(report.memory_min_bytes / 1024),
      report.memory_max_bytes ? thousands(*report.memory_max_bytes / 1024) + " KiB at most"
                              : std::string("no maximum of its own (the plug-in's limit holds)"));
  std::vector<std::string> callbacks;
  for (const wasm::CallbackReport& callback : report.callbacks) {
    callbacks.push_back(
        short_name(callback.name) +
        (callback.usable ? callback.called ? "" : " (never called here)" : " (wrong type)"));
  }
  console.out << "callbacks   " << in_one_line(callbacks, "  ") << "\n";
  console.out << "allocator   " << (report.allocator.empty() ? "none" : report.allocator)
              << ", start " << (report.start.empty() ? "none" : report.start) << "\n";
  if (!report.languages.empty()) {
    console.out << "made with   " << report.languages << "\n";
  }
  console.out << "back-traces " << (report.has_names ? "function names" : "no function names")
              << (report.has_dwarf ? ", file and line" : "") << "\n";
  print_imports(report, console);
  console.out << "digest      sha256:" << digest << "\n";
  if (spec) {
    print_schema(*spec, console);
  }
  print_problems(report, console);
}

nlohmann::ordered_json to_json(const wasm::ModuleReport& report, const std::string& digest,
                               const std::optional<Spec>& spec) {
  nlohmann::ordered_json json;
  json["loadable"] = report.loadable();
  json["abi"] = report.version ? std::string(to_string(*report.version)) : std::string();
  json["digest"] = "sha256:" + digest;
  json["moduleBytes"] = report.module_bytes;
  json["codeBytes"] = report.code_bytes;
  json["dataBytes"] = report.data_bytes;
  json["memoryMinBytes"] = report.memory_min_bytes;
  if (report.memory_max_bytes) {
    json["memoryMaxBytes"] = *report.memory_max_bytes;
  }
  json["tableElements"] = report.table_elements;
  json["functions"] = report.functions;
  json["allocator"] = report.allocator;
  json["start"] = report.start;
  json["languages"] = report.languages;
  json["callbacks"] = nlohmann::ordered_json::array();
  for (const wasm::CallbackReport& callback : report.callbacks) {
    json["callbacks"].push_back(
        {{"name", callback.name}, {"usable", callback.usable}, {"called", callback.called}});
  }
  json["imports"] = nlohmann::ordered_json::array();
  for (const wasm::ImportReport& import : report.imports) {
    json["imports"].push_back({{"module", import.module},
                               {"name", import.name},
                               {"known", import.known},
                               {"hosts", import.hosts},
                               {"problem", import.problem}});
  }
  if (spec) {
    json["schema"] = to_json(*spec);
  }
  json["problems"] = report.problems;
  json["warnings"] = report.warnings;
  return json;
}

// The module that a path means. Errors: those of resolve_reference; Refused for an image.
Result<std::string> module_of(const std::string& path) {
  const auto source = author::resolve_reference(path, std::filesystem::current_path().string());
  if (!source) {
    return tl::unexpected(source.error());
  }
  if (source->module().empty()) {
    return fail(ErrorCode::Refused, path + " is an image; wasmgate pull writes its module");
  }
  return source->module();
}

}  // namespace

int inspect_command(const InspectOptions& options, Console& console) {
  const auto module = module_of(options.file);
  if (!module) {
    console.err << "wasmgate inspect: " << module.error().detail << "\n";
    return module.error().code == ErrorCode::NotFound ? kNotFound : kUsage;
  }
  const auto bytes = server::read_file(*module, kInspectedBytes);
  if (!bytes) {
    console.err << "wasmgate inspect: " << bytes.error().detail << "\n";
    return bytes.error().code == ErrorCode::NotFound ? kNotFound : kFailed;
  }
  const wasm::ModuleReport report = wasm::inspect_module(*bytes);
  const std::string digest = artifact::sha256_hex(*bytes);
  if (options.check) {
    for (const std::string& problem : report.problems) {
      console.err << options.file << ": " << problem << "\n";
    }
  } else if (options.output == "json") {
    console.out << to_json(report, digest, read_spec(*module))
                       .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
  } else {
    print_text(report, digest, read_spec(*module), console);
  }
  return report.loadable() ? kOk : kFailed;
}

}  // namespace wasmgate::cli
