#pragma once
// What one worker serves from: the checked configuration, the routes' index, and per route the
// chain of this worker's plug-ins. Built off the loop, then given to ProxyWorker::set_snapshot and
// never changed. Each stream keeps the snapshot of its beginning until it ends; connections and
// upstream pools belong to the worker and outlive snapshots.

#include <memory>
#include <vector>

#include "config/model/model.h"
#include "filter/filter.h"
#include "proxy/route/route_table.h"

namespace wasmgate::proxy {

/// The filters of one route in chain order. Borrowed from WorkerSnapshot::factories.
using RouteChain = std::vector<filter::FilterFactory*>;

struct WorkerSnapshot {
  std::shared_ptr<const config::Model> model;  // shared by all workers
  std::shared_ptr<const RouteTable> routes;    // of that model; shared by all workers

  /// One per entry of model->routes, same order; may be shorter (then the rest have no plug-ins).
  std::vector<RouteChain> chains;
  /// The chain of requests that no route takes, before they are answered 404. Usually empty.
  RouteChain unrouted_chain;

  /// Owns the factories (this worker's). A factory that goes on unchanged may stand in several
  /// snapshots. Destroyed on the worker's thread after the last stream of this snapshot, or on the
  /// caller's when the snapshot was never set.
  std::vector<std::shared_ptr<filter::FilterFactory>> factories;

  const RouteChain& chain_of(RouteIndex route) const {
    static const RouteChain kNone;
    if (route == kNoRoute) {
      return unrouted_chain;
    }
    return route < chains.size() ? chains[route] : kNone;
  }
};

}  // namespace wasmgate::proxy
