#pragma once
// Reads the outer structure of a WebAssembly module: imports and exports with their types, memory
// and tables, custom sections. No code is looked at; the engine validates that. Bytes may be
// anything: nothing is trusted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wasm/engine/value.h"

namespace wasmgate::wasm {

enum class ItemKind : uint8_t { Function, Table, Memory, Global, Tag };

struct ModuleImport {
  std::string_view module;
  std::string_view name;
  ItemKind kind = ItemKind::Function;
  FunctionType type;  // functions only
};

struct ModuleExport {
  std::string_view name;
  ItemKind kind = ItemKind::Function;
  std::optional<FunctionType> type;  // functions only
};

struct ModuleLimits {
  uint64_t minimum = 0;
  std::optional<uint64_t> maximum;
  bool shared = false;
  bool wide = false;  // 64-bit
};

struct CustomSection {
  std::string_view name;
  std::string_view bytes;
};

/// Views point into the bytes that were read.
struct ModuleFacts {
  std::vector<ModuleImport> imports;
  std::vector<ModuleExport> exports;
  std::vector<ModuleLimits> memories;  // own ones, in pages
  std::vector<ModuleLimits> tables;
  std::vector<CustomSection> custom_sections;
  uint32_t functions = 0;  // own ones
  uint64_t code_bytes = 0;
  uint64_t data_bytes = 0;
  bool has_start = false;
  bool has_tags = false;  // exception handling
};

/// Errors: InvalidArgument with the place and what is wrong.
Result<ModuleFacts> read_module(std::string_view bytes);

}  // namespace wasmgate::wasm
