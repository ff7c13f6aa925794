#pragma once
// As much of protobuf's wire format as the host needs: flat messages of foreign functions, written
// and read field by field.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wasmgate::wasm {

struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;      // varint, fixed
  std::string_view bytes;  // length-delimited
  bool is_bytes = false;
};

/// All fields in order; empty optional when the message is malformed. Views point into `message`.
std::optional<std::vector<ProtoField>> read_proto(std::string_view message);

/// The last length-delimited field of that number.
std::optional<std::string_view> find_bytes_field(std::string_view message, uint32_t number);

/// Appends a field; fields with default values are left out, as proto3 does.
void append_proto(std::string& out, uint32_t number, uint64_t value);
void append_proto(std::string& out, uint32_t number, std::string_view bytes);

}  // namespace wasmgate::wasm
