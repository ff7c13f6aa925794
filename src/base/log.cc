#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

namespace wasmgate {
namespace {

constexpr std::array<std::string_view, 7> kWords = {"trace", "debug",    "info", "warn",
                                                    "error", "critical", "off"};

class StderrLogger final : public Logger {
 public:
  explicit StderrLogger(LogLevel level)
      : sink_(std::make_shared<spdlog::sinks::stderr_sink_mt>()), out_("wasmgate", sink_) {
    out_.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    out_.set_level(spdlog::level::trace);
    set_level(level);
  }

  void write(LogLevel level, std::string_view line) override {
    const std::string safe = escape_control(line);
    out_.log(static_cast<spdlog::level::level_enum>(level), "{}", safe);
  }

 private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
  spdlog::logger out_;
};

}  // namespace

std::string_view to_string(LogLevel level) { return kWords[static_cast<size_t>(level)]; }

std::optional<LogLevel> parse_log_level(std::string_view word) {
  for (size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == word) {
      return static_cast<LogLevel>(i);
    }
  }
  return std::nullopt;
}

std::unique_ptr<Logger> make_stderr_logger(LogLevel level) {
  return std::make_unique<StderrLogger>(level);
}

std::string escape_control(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace wasmgate
