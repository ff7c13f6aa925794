#pragma once
// Values and function types of WebAssembly as the host sees them. A `Value` has the layout of the
// engine's raw values, so that arguments cross the boundary without conversion.

#include <cstdint>
#include <string>
#include <vector>

namespace wasmgate::wasm {

enum class ValueType : uint8_t { I32, I64, F32, F64, Other };

/// One argument or result. Which member counts is told by the function's type.
union alignas(8) Value {
  int32_t i32;
  uint32_t u32;
  int64_t i64;
  uint64_t u64;
  float f32;
  double f64;
  uint8_t bytes[16];
};

struct FunctionType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;
  friend bool operator==(const FunctionType&, const FunctionType&) = default;
};

/// "(i32, i64) -> i32", for messages.
std::string to_string(const FunctionType& type);

}  // namespace wasmgate::wasm
