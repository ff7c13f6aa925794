#pragma once
// The annotations of a WasmPlugin that give a part of its requests to another generation of its
// code: wasmgate.io/canary-url, canary-percent, canary-header.

#include <optional>
#include <string_view>

#include "config/model/plugin.h"
#include "config/read/object_reader.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// Whether `name` (without the prefix) is one of the three.
bool is_canary_annotation(std::string_view name);

/// Nothing when there is none of them, or when they are wrong, which is told.
std::optional<Canary> read_canary(const Metadata& metadata, ReadContext& context);

}  // namespace wasmgate::config
