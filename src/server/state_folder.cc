#include "server/state_folder.h"

#include <cstdlib>

namespace wasmgate::server {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::string state_folder(const std::string& given) {
  if (!given.empty()) {
    return given;
  }
  if (std::string service = environment("STATE_DIRECTORY"); !service.empty()) {
    return service.substr(0, service.find(':'));
  }
  if (const std::string xdg = environment("XDG_STATE_HOME"); !xdg.empty()) {
    return xdg + "/wasmgate";
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    return home + "/.local/state/wasmgate";
  }
  return "/var/lib/wasmgate";
}

}  // namespace wasmgate::server
