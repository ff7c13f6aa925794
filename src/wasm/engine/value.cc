#include "wasm/engine/value.h"

namespace wasmgate::wasm {
namespace {

const char* name_of(ValueType type) {
  switch (type) {
    case ValueType::I32:
      return "i32";
    case ValueType::I64:
      return "i64";
    case ValueType::F32:
      return "f32";
    case ValueType::F64:
      return "f64";
    case ValueType::Other:
      return "other";
  }
  return "other";
}

void append_list(std::string& out, const std::vector<ValueType>& types) {
  out.append("(");
  for (size_t i = 0; i < types.size(); ++i) {
    out.append(i == 0 ? "" : ", ").append(name_of(types[i]));
  }
  out.append(")");
}

}  // namespace

std::string to_string(const FunctionType& type) {
  std::string out;
  append_list(out, type.params);
  if (type.results.size() == 1) {
    out.append(" -> ").append(name_of(type.results[0]));
  } else if (!type.results.empty()) {
    out.append(" -> ");
    append_list(out, type.results);
  }
  return out;
}

}  // namespace wasmgate::wasm
