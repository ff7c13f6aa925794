// The C++ plug-in API, in parts by subject. Include proxy_wasm_intrinsics.h instead of this file.
#pragma once

#include "api/buffers.h"
#include "api/context.h"
#include "api/grpc.h"
#include "api/headers.h"
#include "api/log.h"
#include "api/metrics.h"
#include "api/properties.h"
#include "api/registration.h"
#include "api/shared.h"
#include "api/stream_control.h"
#include "api/wasm_data.h"
