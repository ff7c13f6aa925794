#pragma once
// The diagnostics log as a port. Lines go to stderr by default; control bytes are escaped, so that
// no peer and no plug-in can forge a line. Not the access log (that is
// proxy/downstream/access_log).

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wasmgate {

enum class LogLevel : uint8_t { Trace, Debug, Info, Warn, Error, Critical, Off };

/// "trace", "debug", "info", "warn", "error", "critical", "off".
std::string_view to_string(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view word);

class Logger {
 public:
  virtual ~Logger() = default;

  /// Writes one line. Thread: any.
  virtual void write(LogLevel level, std::string_view line) = 0;

  LogLevel level() const { return level_; }
  void set_level(LogLevel level) { level_ = level; }
  bool enabled(LogLevel level) const { return level >= level_ && level != LogLevel::Off; }

  template <class... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) {
      write(level, fmt::format(format, std::forward<Args>(args)...));
    }
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> f, Args&&... a) {
    log(LogLevel::Debug, f, std::forward<Args>(a)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> f, Args&&... a) {
    log(LogLevel::Info, f, std::forward<Args>(a)...);
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> f, Args&&... a) {
    log(LogLevel::Warn, f, std::forward<Args>(a)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> f, Args&&... a) {
    log(LogLevel::Error, f, std::forward<Args>(a)...);
  }

 private:
  LogLevel level_ = LogLevel::Info;
};

/// A logger that writes to stderr through spdlog, time first.
std::unique_ptr<Logger> make_stderr_logger(LogLevel level);

/// A logger that keeps its lines, for tests.
class MemoryLogger final : public Logger {
 public:
  void write(LogLevel level, std::string_view line) override {
    text_.append(to_string(level)).append(" ").append(line).append("\n");
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Escapes control bytes and DEL as \xNN, so that `text` is safe on one line. Bytes above 0x7F
/// stay.
std::string escape_control(std::string_view text);

}  // namespace wasmgate
