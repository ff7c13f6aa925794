#pragma once
// The properties of a stream and of its plug-in (ABI section 3): one table of paths, each with its
// encoding. Every path is readable in every phase once its value is known (D33).

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/abi/enums.h"
#include "wasm/host/context.h"

namespace wasmgate::wasm {

class Vm;

/// A value in its encoding. `view` points to what lives as long as the stream, into `number`, or
/// into `owned`.
struct PropertyValue {
  std::string_view view;
  std::array<char, 8> number{};
  std::string owned;

  void set_text(std::string_view text) { view = text; }
  void set_owned(std::string text) {
    owned = std::move(text);
    view = owned;
  }
  /// 8 bytes, little-endian.
  void set_integer(uint64_t value);
  /// 1 byte.
  void set_flag(bool value);
};

/// Reads the property at `path`: segments separated by byte 0, an optional 0 at the end. `stream`:
/// null on the root context. NotFound: no such path, or no value yet. SerializationFailure: a whole
/// wrapper such as "request".
Status read_property(Vm& vm, StreamContext* stream, std::string_view path, PropertyValue& out);

/// Stores a stream's state object, or does what a control property means (ABI 3.3).
/// NotFound on the root context; BadArgument: read-only state, or over the limits.
Status write_property(Vm& vm, StreamContext* stream, std::string_view path, std::string_view value);

/// `path` without its optional last 0.
std::string_view plain_path(std::string_view path);

}  // namespace wasmgate::wasm
