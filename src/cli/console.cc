#include "cli/console.h"

namespace wasmgate::cli {

bool use_color(std::string_view when, bool terminal,
               const std::function<const char*(const char*)>& environment) {
  if (when != "auto") {
    return when == "always";
  }
  const char* no_color = environment("NO_COLOR");
  const char* term = environment("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  return terminal && !dumb && (no_color == nullptr || *no_color == '\0');
}

}  // namespace wasmgate::cli
