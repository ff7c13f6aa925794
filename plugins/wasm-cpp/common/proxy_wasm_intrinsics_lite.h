// The name upstream gives to its "lite" protobuf variant. Protobuf itself is not shipped: the API
// takes any message type with `ParseFromArray` and `SerializeToString`, so one header serves all
// variants.
#pragma once

#include "proxy_wasm_intrinsics.h"
