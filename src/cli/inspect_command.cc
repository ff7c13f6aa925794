#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "artifact/digest.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
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

void print_text(const wasm::ModuleReport& report, const std::string& digest, Console& console) {
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
  print_problems(report, console);
}

nlohmann::ordered_json to_json(const wasm::ModuleReport& report, const std::string& digest) {
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
  json["problems"] = report.problems;
  json["warnings"] = report.warnings;
  return json;
}

}  // namespace

int inspect_command(const InspectOptions& options, Console& console) {
  const auto bytes = server::read_file(options.file, kInspectedBytes);
  if (!bytes) {
    console.err << bytes.error().detail << "\n";
    return bytes.error().code == ErrorCode::NotFound ? kNotFound : kFailed;
  }
  const wasm::ModuleReport report = wasm::inspect_module(*bytes);
  const std::string digest = artifact::sha256_hex(*bytes);
  if (options.check) {
    for (const std::string& problem : report.problems) {
      console.err << options.file << ": " << problem << "\n";
    }
  } else if (options.output == "json") {
    console.out << to_json(report, digest)
                       .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
  } else {
    print_text(report, digest, console);
  }
  return report.loadable() ? kOk : kFailed;
}

}  // namespace wasmgate::cli
