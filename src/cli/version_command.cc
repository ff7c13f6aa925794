#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "server/state_folder.h"
#include "wasm/engine/engine.h"

namespace wasmgate::cli {
namespace {

// What the engine says of itself: its version and what it was set up with.
std::string engine_text() {
  wasm::EngineOptions options = wasm::EngineOptions::for_this_build();
  options.pooling = false;  // nothing will run
  const auto engine = wasm::make_engine(options);
  return engine ? (*engine)->compatibility_key() : "unavailable: " + engine.error().detail;
}

}  // namespace

std::string program_version() { return server::kVersion; }

int version_command(const std::string& output, Console& console) {
  if (output == "json") {
    nlohmann::ordered_json json;
    json["wasmgate"] = program_version();
    json["engine"] = engine_text();
    console.out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
  } else {
    console.out << fmt::format("wasmgate {}\nengine   {}\n", program_version(), engine_text());
  }
  return kOk;
}

}  // namespace wasmgate::cli
