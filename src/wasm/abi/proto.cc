#include "wasm/abi/proto.h"

namespace wasmgate::wasm {
namespace {

constexpr size_t kMaxFields = 1024;

bool take_varint(std::string_view& in, uint64_t& out) {
  out = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (in.empty()) {
      return false;
    }
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    if (shift < 64) {
      out |= static_cast<uint64_t>(byte & 0x7F) << shift;
    }
    if ((byte & 0x80) == 0) {
      return true;
    }
  }
  return false;
}

bool take_fixed(std::string_view& in, size_t size, uint64_t& out) {
  if (in.size() < size) {
    return false;
  }
  out = 0;
  for (size_t i = 0; i < size; ++i) {
    out |= static_cast<uint64_t>(static_cast<uint8_t>(in[i])) << (8 * i);
  }
  in.remove_prefix(size);
  return true;
}

bool take_field(std::string_view& in, ProtoField& out) {
  uint64_t tag = 0;
  if (!take_varint(in, tag) || (tag >> 3) == 0 || (tag >> 3) > 0x1FFFFFFF) {
    return false;
  }
  out.number = static_cast<uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0:
      return take_varint(in, out.value);
    case 1:
      return take_fixed(in, 8, out.value);
    case 5:
      return take_fixed(in, 4, out.value);
    case 2: {
      uint64_t size = 0;
      if (!take_varint(in, size) || size > in.size()) {
        return false;
      }
      out.is_bytes = true;
      out.bytes = in.substr(0, size);
      in.remove_prefix(size);
      return true;
    }
    default:
      return false;
  }
}

void append_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

}  // namespace

std::optional<std::vector<ProtoField>> read_proto(std::string_view message) {
  std::vector<ProtoField> out;
  while (!message.empty()) {
    ProtoField field;
    if (out.size() >= kMaxFields || !take_field(message, field)) {
      return std::nullopt;
    }
    out.push_back(field);
  }
  return out;
}

std::optional<std::string_view> find_bytes_field(std::string_view message, uint32_t number) {
  const auto fields = read_proto(message);
  std::optional<std::string_view> out;
  if (fields) {
    for (const auto& field : *fields) {
      if (field.number == number && field.is_bytes) {
        out = field.bytes;
      }
    }
  }
  return out;
}

void append_proto(std::string& out, uint32_t number, uint64_t value) {
  if (value != 0) {
    append_varint(out, uint64_t{number} << 3);
    append_varint(out, value);
  }
}

void append_proto(std::string& out, uint32_t number, std::string_view bytes) {
  if (!bytes.empty()) {
    append_varint(out, (uint64_t{number} << 3) | 2);
    append_varint(out, bytes.size());
    out.append(bytes);
  }
}

}  // namespace wasmgate::wasm
