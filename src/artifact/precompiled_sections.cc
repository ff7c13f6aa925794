#include "artifact/precompiled_sections.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmgate::artifact {
namespace {

constexpr size_t kHeaderBytes = 8;

// An unsigned LEB128 number of 32 bits at `at`, which moves behind it.
std::optional<uint32_t> read_number(std::string_view bytes, size_t& at) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 35 && at < bytes.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return value <= UINT32_MAX ? std::optional(static_cast<uint32_t>(value)) : std::nullopt;
    }
  }
  return std::nullopt;
}

bool holds_precompiled_code(std::string_view section) {
  size_t at = 0;
  const auto size = read_number(section, at);
  if (!size || *size > section.size() - at) {
    return false;
  }
  const std::string_view name = section.substr(at, *size);
  return name.find("precompiled") != std::string_view::npos || name.starts_with("wasmtime") ||
         name.starts_with(".wasmtime");
}

}  // namespace

size_t strip_precompiled_sections(std::string& module) {
  const std::string_view all = module;
  std::string kept(all.substr(0, kHeaderBytes));
  size_t removed = 0;
  for (size_t at = kHeaderBytes; at < all.size();) {
    const size_t begin = at;
    const bool custom = all[at++] == 0;
    const auto size = read_number(all, at);
    if (!size || *size > all.size() - at) {
      kept.append(all.substr(begin));
      break;
    }
    const std::string_view content = all.substr(at, *size);
    at += *size;
    if (custom && holds_precompiled_code(content)) {
      ++removed;
    } else {
      kept.append(all.substr(begin, at - begin));
    }
  }
  if (removed != 0) {
    module = std::move(kept);
  }
  return removed;
}

}  // namespace wasmgate::artifact
