// nlohmann/json as plug-ins include it. Exceptions are off in wasm builds: read only what was checked.
#pragma once

#include <nlohmann/json.hpp>

#ifdef WASMGATE_FAST
// Made once for all plug-ins, in fast/json_instance.cc.
extern template class nlohmann::basic_json<>;
#endif
