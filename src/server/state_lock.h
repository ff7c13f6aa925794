#pragma once
// One gateway per state folder: whoever holds the lock on the file `lock` there. The kernel lets go
// of it when the process ends, however it ends; what the file says (the holder's process id) is for
// people.

#include <string>

#include "base/result.h"
#include "net/socket.h"

namespace wasmgate::server {

class StateLock {
 public:
  /// Makes the folder when it is missing. Errors: Refused (it cannot be made or written),
  /// InvalidArgument (another process holds it, named in the text).
  static Result<StateLock> take(const std::string& folder);

 private:
  explicit StateLock(net::Socket file) : file_(std::move(file)) {}

  net::Socket file_;
};

}  // namespace wasmgate::server
