#pragma once
// The load check (D3–D6): what a module is, what it needs from the host, and every reason why this
// host cannot run it. Pure: reads bytes, runs nothing. Used before a module goes live and by
// `wasmgate inspect`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/abi/abi_version.h"
#include "wasm/engine/value.h"

namespace wasmgate::wasm {

/// One import of the module, judged.
struct ImportReport {
  std::string module;
  std::string name;
  FunctionType type;
  bool known = false;   // this host has it with this type
  std::string hosts;    // which hosts have it: "all", "all but ngx", "wasmgate, Higress", …; empty:
                        // none known
  std::string problem;  // why it cannot be linked; empty when it can
};

/// One callback of the ABI that the module exports.
struct CallbackReport {
  std::string name;
  bool usable = false;  // the type is right
  bool called = true;   // false: known by name, but this host never calls it (TCP, METADATA)
};

struct ModuleReport {
  std::vector<AbiVersion> markers;    // all that were found, ascending
  std::optional<AbiVersion> version;  // the one that counts: the highest known
  std::vector<ImportReport> imports;
  std::vector<CallbackReport> callbacks;
  std::string allocator;  // "proxy_on_memory_allocate", "malloc", or empty
  std::string start;      // "_initialize", "_start", or empty
  std::vector<std::string> custom_sections;
  std::string languages;  // from the producers section, for example "Rust 1.85, C11"
  uint64_t module_bytes = 0;
  uint64_t code_bytes = 0;
  uint64_t data_bytes = 0;
  uint64_t memory_min_bytes = 0;
  std::optional<uint64_t> memory_max_bytes;
  uint64_t table_elements = 0;  // minimum of all tables
  uint32_t functions = 0;
  bool has_names = false;             // function names for back-traces
  bool has_dwarf = false;             // file and line for back-traces
  std::vector<std::string> problems;  // each stops the load
  std::vector<std::string> warnings;

  bool loadable() const { return problems.empty(); }
};

struct InspectLimits {
  uint64_t memory_limit_bytes = 64ULL * 1024 * 1024;
  uint64_t table_elements = 100'000;
};

/// Reads and judges `bytes`. Never fails: bytes that are no module give a report whose problems say
/// so.
ModuleReport inspect_module(std::string_view bytes, const InspectLimits& limits = {});

}  // namespace wasmgate::wasm
