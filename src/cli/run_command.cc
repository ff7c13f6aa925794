#include "cli/commands.h"
#include "server/main_thread.h"

namespace wasmgate::cli {

int run_command(const server::Options& options, Console& /*console*/) {
  return server::run(options);
}

}  // namespace wasmgate::cli
