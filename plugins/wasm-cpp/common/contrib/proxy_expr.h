// Expressions (CEL) that the host compiles and evaluates on the current request: foreign functions
// `expr_create`, `expr_evaluate` and `expr_delete`. A host without them answers NotFound.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "api/stream_control.h"
#include "api/wasm_data.h"

namespace wasmgate::sdk {
/// A token as the bytes that the host takes.
inline WasmResult call_with_token(std::string_view function, uint32_t token, WasmDataPtr* results) {
  char bytes[sizeof(token)];
  std::memcpy(bytes, &token, sizeof(token));
  return callForeignFunction(function, std::string_view(bytes, sizeof(bytes)), results);
}
}  // namespace wasmgate::sdk

/// Compiles `expression` and sets `token`, its name in the calls below.
inline WasmResult createExpression(std::string_view expression, uint32_t* token) {
  WasmDataPtr made;
  const WasmResult result = callForeignFunction("expr_create", expression, &made);
  if (result == WasmResult::Ok && made->size() == sizeof(*token)) {
    std::memcpy(token, made->data(), sizeof(*token));
  }
  return result;
}

/// The value of an expression in the host's encoding; nothing when it has none.
inline std::optional<WasmDataPtr> exprEvaluate(uint32_t token) {
  WasmDataPtr value;
  if (wasmgate::sdk::call_with_token("expr_evaluate", token, &value) != WasmResult::Ok) {
    return std::nullopt;
  }
  return value;
}

/// Forgets an expression.
inline WasmResult exprDelete(uint32_t token) {
  return wasmgate::sdk::call_with_token("expr_delete", token, nullptr);
}

/// Copies an expression's value into `out`: a text, or a plain value of exactly its size.
template <typename T>
bool evaluateExpression(uint32_t token, T* out) {
  const auto value = exprEvaluate(token);
  if (!value) {
    return false;
  }
  if constexpr (std::is_same_v<T, std::string>) {
    *out = (*value)->toString();
    return true;
  } else {
    static_assert(std::is_trivially_copyable_v<T>, "expressions give texts and plain values");
    if ((*value)->size() != sizeof(T)) {
      return false;
    }
    std::memcpy(out, (*value)->data(), sizeof(T));
    return true;
  }
}

/// Parses an expression's value as a protobuf message (any type with `ParseFromArray`). True too
/// when it is null, which leaves `message` as it is.
template <typename M>
bool evaluateMessage(uint32_t token, M* message) {
  const auto value = exprEvaluate(token);
  return value && ((*value)->size() == 0 ||
                   message->ParseFromArray((*value)->data(), static_cast<int>((*value)->size())));
}
