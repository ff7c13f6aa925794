#pragma once
// WasmPlugins checked against the rest: which are served, the guest's JSON with secrets filled in,
// limits of size and depth, and their order in the chain.

#include "config/diagnostics/diagnostics.h"
#include "config/model/model.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// Limits of what one guest gets.
inline constexpr size_t kMaxPluginConfigurationBytes = 16ULL * 1024 * 1024;
inline constexpr uint32_t kMaxPluginConfigurationDepth = 64;

/// Fills `model.plugins` in chain order: phase, priority descending, name, namespace.
/// `model.gateway` is set already.
void check_plugins(const Resources& resources, Model& model, Diagnostics& out);

}  // namespace wasmgate::config
