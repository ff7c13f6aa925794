#pragma once
// What a guest writes: proxy_log lines and the output to fd 1 and 2, joined to whole lines (D36),
// under the plug-in's quota. Keeps the last lines that look like a death message for the trap log
// (D39).

#include <deque>
#include <string>
#include <string_view>

#include "base/log.h"

namespace wasmgate::wasm {

class PluginCode;
class Vm;

class GuestLog {
 public:
  static constexpr size_t kLastLines = 5;

  explicit GuestLog(Vm& vm) : vm_(vm) {}

  /// One line; several when `text` has newlines.
  void write(LogLevel level, std::string_view text);
  /// Bytes for fd 1 (info) or 2 (error): whole lines are written, the rest waits.
  void write_stream(bool is_error, std::string_view bytes);
  /// Writes the rest; when a callback ends.
  void flush();
  const std::deque<std::string>& last_lines() const { return last_; }

 private:
  void write_line(LogLevel level, std::string_view line);

  Vm& vm_;
  std::string out_;
  std::string error_;
  std::deque<std::string> last_;
};

}  // namespace wasmgate::wasm
