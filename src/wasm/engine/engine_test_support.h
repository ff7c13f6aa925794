#pragma once
// The process's engine for tests (there must be only one), and modules from text.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "wasm/engine/engine.h"

namespace wasmgate::wasm::testing {

inline Engine& test_engine() {
  static const std::unique_ptr<Engine> engine = [] {
    auto options = EngineOptions::for_this_build();
    options.pool_instances = 64;
    auto made = make_engine(options);
    if (!made) {
      ADD_FAILURE() << made.error().detail;
      std::abort();
    }
    return std::move(*made);
  }();
  return *engine;
}

inline std::string wasm_of(std::string_view wat) {
  auto bytes = wat_to_wasm(wat);
  if (!bytes) {
    ADD_FAILURE() << bytes.error().detail;
    return {};
  }
  return std::move(*bytes);
}

inline std::shared_ptr<const Module> module_of(std::string_view wat) {
  auto module = test_engine().compile(wasm_of(wat));
  if (!module) {
    ADD_FAILURE() << module.error().detail;
    return nullptr;
  }
  return std::move(*module);
}

}  // namespace wasmgate::wasm::testing
