// Logging, time and the status of calls out.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

inline WasmResult logMessage(LogLevel level, std::string_view message) {
  return proxy_log(level, message.data(), message.size());
}
inline WasmResult logTrace(std::string_view message) {
  return logMessage(LogLevel::trace, message);
}
inline WasmResult logDebug(std::string_view message) {
  return logMessage(LogLevel::debug, message);
}
inline WasmResult logInfo(std::string_view message) { return logMessage(LogLevel::info, message); }
inline WasmResult logWarn(std::string_view message) { return logMessage(LogLevel::warn, message); }
inline WasmResult logError(std::string_view message) {
  return logMessage(LogLevel::error, message);
}
inline WasmResult logCritical(std::string_view message) {
  return logMessage(LogLevel::critical, message);
}

/// Logs `message` and ends the module's call as a trap.
[[noreturn]] inline void logAbort(std::string_view message) {
  logMessage(LogLevel::critical, message);
  std::abort();
}

/// True when the host would write a line of `level`; true too when it does not say.
inline bool isLogged(LogLevel level) {
  LogLevel lowest = LogLevel::trace;
  return proxy_get_log_level(&lowest) != WasmResult::Ok || level >= lowest;
}

/// Prefix of the LOG_ macros: "[file:line]::function() ".
inline std::string logPlace(std::string_view file, int line, std::string_view function) {
  const size_t slash = file.rfind('/');
  std::string place = "[";
  place += slash == std::string_view::npos ? file : file.substr(slash + 1);
  place += ":" + std::to_string(line) + "]::";
  place += function;
  return place += "() ";
}

// The message is built only when its level is logged, so a debug line costs one host call.
#define WASMGATE_LOG(level, ...)                                                                \
  do {                                                                                          \
    if (isLogged(level)) {                                                                      \
      logMessage(level, logPlace(__FILE__, __LINE__, __FUNCTION__) + std::string(__VA_ARGS__)); \
    }                                                                                           \
  } while (0)
#define LOG_TRACE(...) WASMGATE_LOG(LogLevel::trace, __VA_ARGS__)
#define LOG_DEBUG(...) WASMGATE_LOG(LogLevel::debug, __VA_ARGS__)
#define LOG_INFO(...) WASMGATE_LOG(LogLevel::info, __VA_ARGS__)
#define LOG_WARN(...) WASMGATE_LOG(LogLevel::warn, __VA_ARGS__)
#define LOG_ERROR(...) WASMGATE_LOG(LogLevel::error, __VA_ARGS__)
#define LOG_CRITICAL(...) WASMGATE_LOG(LogLevel::critical, __VA_ARGS__)

/// Ends the call as a trap when a host function that cannot fail has failed.
#define CHECK_RESULT(call)                                               \
  do {                                                                   \
    const WasmResult check_result = (call);                              \
    if (check_result != WasmResult::Ok) {                                \
      logAbort(std::string(#call " failed: ") + toString(check_result)); \
    }                                                                    \
  } while (0)

/// Wall clock, nanoseconds since the epoch.
inline uint64_t getCurrentTimeNanoseconds() {
  uint64_t nanoseconds = 0;
  CHECK_RESULT(proxy_get_current_time_nanoseconds(&nanoseconds));
  return nanoseconds;
}

/// Code and text of the last call out of this root context; see the host's documentation.
inline std::pair<uint32_t, WasmDataPtr> getStatus() {
  uint32_t code = 0;
  const char* message = nullptr;
  size_t size = 0;
  CHECK_RESULT(proxy_get_status(&code, &message, &size));
  return {code, std::make_unique<WasmData>(message, size)};
}
