#include "server/main_thread.h"

#include "server/daemon.h"

namespace wasmgate::server {

int run(const Options& options) {
  Daemon daemon(options);
  return daemon.run();
}

}  // namespace wasmgate::server
