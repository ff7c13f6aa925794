#pragma once
// The only door between threads: work posted from any thread, run by the loop that owns the
// mailbox. The eventfd wakes that loop.

#include <functional>
#include <mutex>
#include <vector>

#include "net/socket.h"

namespace wasmgate::net {

class Mailbox {
 public:
  /// Aborts when the kernel has no descriptor left: a loop cannot live without its door.
  Mailbox();

  /// Leaves `work` for the owner. Thread: any. Work that is left when the mailbox is destroyed is
  /// destroyed without running.
  void post(std::function<void()> work);

  /// Readable when there is work.
  int fd() const { return wake_.fd(); }

  /// Runs all work that is there now. Thread: the owner's.
  void run();

 private:
  Socket wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> work_;
};

}  // namespace wasmgate::net
