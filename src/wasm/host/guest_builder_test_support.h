#pragma once
// Guests for tests, made of steps: which host functions are called in which callback, with which
// arguments. Every status is kept in the guest's memory and can be read back in order.
//
//   GuestBuilder guest;
//   guest.on("proxy_on_request_headers", {guest.call("proxy_log", {2, guest.text("hi"), 2})}, 0);
//
// Memory: 128 + 8 × n out-slots (pointer, size); 4096 … the statuses; 8192 … texts; 65536 … the
// allocator's heap.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "wasm/abi/callbacks.h"
#include "wasm/engine/engine_test_support.h"
#include "wasm/hostcalls/hostcall_table.h"

namespace wasmgate::wasm::testing {

/// Address of an out-slot for a pointer; its size stands 4 bytes further on.
inline uint32_t slot(uint32_t n) { return 128 + 8 * n; }

class GuestBuilder {
 public:
  static constexpr uint32_t kStatuses = 4096;

  explicit GuestBuilder(std::string_view marker = "proxy_abi_version_0_2_1")
      : markers_{std::string(marker)} {}

  /// Places `text` in the guest's memory and gives its address.
  uint32_t text(std::string_view bytes) {
    const uint32_t address = next_text_;
    std::string escaped;
    for (const char c : bytes) {
      escaped += fmt::format("\\{:02x}", static_cast<uint8_t>(c));
    }
    data_ += fmt::format("  (data (i32.const {}) \"{}\")\n", address, escaped);
    next_text_ += static_cast<uint32_t>(bytes.size() + 8) & ~7U;
    return address;
  }

  /// A call whose status is kept. `arguments`: constants.
  std::string call(std::string_view name, const std::vector<int64_t>& arguments) {
    std::vector<std::string> texts;
    for (const auto argument : arguments) {
      texts.push_back(std::to_string(argument));
    }
    return call_texts(name, texts);
  }

  /// The same, with arguments as WebAssembly text: "(local.get 0)" or a number.
  std::string call_texts(std::string_view name, const std::vector<std::string>& arguments) {
    const auto& type = import(name);
    std::string out = fmt::format("(call ${}", name);
    for (size_t i = 0; i < arguments.size(); ++i) {
      const bool wide = type.params.at(i) == ValueType::I64;
      out += arguments[i].starts_with('(')
                 ? " " + arguments[i]
                 : fmt::format(" ({}.const {})", wide ? "i64" : "i32", arguments[i]);
    }
    out += ")";
    return type.results.empty() ? out : fmt::format("(call $keep {})", out);
  }

  /// Exports a callback. `result`: what it returns (ignored by callbacks without one); may be
  /// WebAssembly text.
  void on(std::string_view name, const std::vector<std::string>& steps,
          const std::string& result = "(i32.const 0)") {
    std::string body;
    for (const auto& step : steps) {
      body += "    " + step + "\n";
    }
    const auto type = callback_type(name);
    std::string params;
    for (size_t i = 0; i < type.params.size(); ++i) {
      params += " (param i32)";
    }
    functions_ += fmt::format("  (func (export \"{}\"){}{}\n{}{})\n", name, params,
                              type.results.empty() ? "" : " (result i32)", body,
                              type.results.empty() ? "" : "    " + result + "\n");
  }
  void on(std::string_view name, const std::vector<std::string>& steps, uint32_t result) {
    on(name, steps, fmt::format("(i32.const {})", static_cast<int32_t>(result)));
  }

  /// Anything else: globals, functions.
  void add(std::string_view wat) { functions_ += wat; }
  /// Replaces the exported allocator.
  void set_allocator(std::string_view wat) { allocator_ = wat; }
  void set_markers(std::vector<std::string> markers) { markers_ = std::move(markers); }
  void set_memory(std::string_view limits) { memory_ = limits; }
  void import_as(std::string_view name, const FunctionType& type) {
    imports_[std::string(name)] = type;
  }

  std::string wat() const {
    std::string out = "(module\n";
    for (const auto& [name, type] : imports_) {
      out += fmt::format("  (import \"{}\" \"{}\" (func ${}{}))\n", find_module(name), name, name,
                         type_text(type));
    }
    out += fmt::format("  (memory (export \"memory\") {})\n{}", memory_, data_);
    out +=
        "  (global $kept (mut i32) (i32.const 4096)) (global $heap (mut i32) (i32.const 65536))\n"
        "  (func $keep (param i32) (i32.store (global.get $kept) (local.get 0))\n"
        "    (global.set $kept (i32.add (global.get $kept) (i32.const 4))))\n";
    out += allocator_;
    for (const auto& marker : markers_) {
      out += fmt::format("  (func (export \"{}\"))\n", marker);
    }
    return out + functions_ + ")\n";
  }

 private:
  static std::string type_text(const FunctionType& type) {
    std::string out;
    for (const auto param : type.params) {
      out += param == ValueType::I64 ? " (param i64)" : " (param i32)";
    }
    return out + (type.results.empty() ? "" : " (result i32)");
  }

  static std::string find_module(std::string_view name) {
    return find_hostcall_name("env", name) != nullptr ? "env" : "wasi_snapshot_preview1";
  }

  const FunctionType& import(std::string_view name) {
    const auto known = imports_.find(std::string(name));
    if (known != imports_.end()) {
      return known->second;
    }
    const auto* entry = find_hostcall_name(find_module(name), name);
    EXPECT_NE(entry, nullptr) << name;
    return imports_.emplace(name, entry->type).first->second;
  }

  FunctionType callback_type(std::string_view name) const {
    const bool old = markers_.size() == 1 && markers_[0] == "proxy_abi_version_0_1_0";
    for (size_t i = 0; i < kCallbacks; ++i) {
      if (name_of(static_cast<Callback>(i)) == name) {
        return type_of(static_cast<Callback>(i), old ? AbiVersion::V0_1_0 : AbiVersion::V0_2_1);
      }
    }
    ADD_FAILURE() << "no callback " << name;
    return {};
  }

  std::map<std::string, FunctionType> imports_;
  std::vector<std::string> markers_;
  std::string memory_ = "4";
  std::string data_;
  std::string functions_;
  // Adds up; grows the memory when it must.
  std::string allocator_ =
      "  (func (export \"malloc\") (param $n i32) (result i32) (local $p i32)\n"
      "    (local.set $p (global.get $heap))\n"
      "    (global.set $heap (i32.add (global.get $heap) (i32.and (i32.add (local.get $n) "
      "(i32.const 7)) (i32.const -8))))\n"
      "    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))\n"
      "      (then (if (i32.eq (memory.grow (i32.add (i32.shr_u (local.get $n) (i32.const 16)) "
      "(i32.const 1))) (i32.const -1))\n"
      "        (then (return (i32.const 0))))))\n"
      "    (local.get $p))\n";
  uint32_t next_text_ = 8192;
};

}  // namespace wasmgate::wasm::testing
