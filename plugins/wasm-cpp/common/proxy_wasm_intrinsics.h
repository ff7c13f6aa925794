// The one header a C++ plug-in includes: the proxy-wasm API under the C++ SDK's usual names.
//
// Plug-ins written for the proxy-wasm C++ SDK compile against it unchanged. Start with
// api/context.h (the classes to derive from) and api/registration.h (how to register them).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy_wasm_api.h"
#include "proxy_wasm_common.h"
#include "proxy_wasm_enums.h"
#include "proxy_wasm_externs.h"
