#pragma once
// The access log: one line per request in Envoy's default text form, or as JSON with the keys of
// docs/configuration.md. A worker formats into its own block and hands full blocks to the sink, at
// 64 KiB or after one second; the sink writes them on a thread of its own, so that no loop waits
// for a disk or a pipe.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/log.h"
#include "base/result.h"
#include "config/model/gateway.h"
#include "filter/stream_info.h"
#include "http/message/header_map.h"
#include "net/event_loop.h"

namespace wasmgate::proxy {

/// Where blocks of whole lines go. Thread: any.
class AccessLogSink {
 public:
  virtual ~AccessLogSink() = default;
  virtual void submit(std::string&& block) = 0;
};

/// A file (appended to), or stdout. When the writer cannot keep up, whole blocks are dropped and
/// counted, never waited for.
class AccessLogFile final : public AccessLogSink {
 public:
  /// `path` empty: stdout. Errors: Refused when the file cannot be opened. `logger` outlives it.
  static Result<std::unique_ptr<AccessLogFile>> open(const std::string& path, Logger& logger);
  /// Writes what is left.
  ~AccessLogFile() override;

  void submit(std::string&& block) override;
  /// Opens the path again (SIGUSR1 after a rotation); keeps the old file when that fails. Thread:
  /// any.
  void reopen();
  uint64_t dropped_blocks() const;

 private:
  static constexpr size_t kMaxBlocks = 256;

  AccessLogFile(std::string path, int fd, Logger& logger);
  void run();
  void write_block(std::string_view block);
  void open_again();

  std::string path_;
  int fd_;
  Logger& logger_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> blocks_;
  bool reopen_ = false;
  bool stop_ = false;
  uint64_t dropped_ = 0;
  std::thread thread_;
};

/// What a line is made of. Null maps: that message never came.
struct AccessLogEntry {
  const filter::StreamInfo& info;
  const http::HeaderMap* request = nullptr;
  const http::HeaderMap* response = nullptr;
};

/// Appends one line with its newline. Values of peers are escaped.
void append_text_line(const AccessLogEntry& entry, std::string& out);
void append_json_line(const AccessLogEntry& entry, std::string& out);

/// One worker's block.
class AccessLog {
 public:
  /// `loop` and `sink` outlive it.
  AccessLog(net::EventLoop& loop, AccessLogSink& sink, config::AccessLogFormat format);
  ~AccessLog() { flush(); }

  void set_format(config::AccessLogFormat format) { format_ = format; }
  void log(const AccessLogEntry& entry);
  void flush();

 private:
  static constexpr size_t kBlockBytes = 64 * 1024;
  static constexpr std::chrono::milliseconds kFlushAfter{1000};

  AccessLogSink& sink_;
  config::AccessLogFormat format_;
  std::string block_;
  net::Timer timer_;
};

}  // namespace wasmgate::proxy
