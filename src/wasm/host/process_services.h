#pragma once
// What all plug-ins of the process share. Made once by the server; every member may be used from
// any thread.

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "observe/metrics.h"
#include "wasm/engine/engine.h"

namespace wasmgate::wasm {

class SharedStores;

struct ProcessServices {
  Engine& engine;
  SharedStores& stores;  // shared data and queues by vm_id: shared_stores.h
  MetricRegistry& metrics;
  Logger& logger;  // plug-ins' lines and the host's own
  RandomSource& random;
  const Clock& clock;  // for the preparation thread; workers use HostServices::clock()
};

}  // namespace wasmgate::wasm
