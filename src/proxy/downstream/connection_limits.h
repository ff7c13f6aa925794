#pragma once
// How many client connections the process holds, in all and per client address: one object for all
// workers. Thread: any.

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "net/address.h"

namespace wasmgate::proxy {

class ConnectionLimits {
 public:
  /// `per_address` 0: no limit of that kind.
  ConnectionLimits(size_t total, size_t per_address) : total_(total), per_address_(per_address) {}

  /// Takes a place for a connection from `remote`. False: none is left; nothing is taken.
  bool take(const net::Address& remote);
  /// Gives back what take() gave.
  void give_back(const net::Address& remote);

  /// New limits, from a new configuration. Connections over them stay.
  void set(size_t total, size_t per_address);

  size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> total_;
  std::atomic<size_t> per_address_;
  std::atomic<size_t> open_{0};
  std::mutex mutex_;
  std::map<std::string, size_t>
      by_address_;  // every address counts, so that a limit set later is right at once
};

}  // namespace wasmgate::proxy
