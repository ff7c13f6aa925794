#include "proxy/downstream/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

namespace wasmgate::proxy {
namespace {

using filter::StreamInfo;

void append_number(std::string& out, uint64_t value) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), result.ptr);
}

void append_two(std::string& out, int value) {
  out.push_back(static_cast<char>('0' + value / 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

// "2026-01-02T03:04:05.678Z"
void append_time(std::string& out, WallTime time) {
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = since / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  append_number(out, static_cast<uint64_t>(utc.tm_year + 1900));
  out.push_back('-');
  append_two(out, utc.tm_mon + 1);
  out.push_back('-');
  append_two(out, utc.tm_mday);
  out.push_back('T');
  append_two(out, utc.tm_hour);
  out.push_back(':');
  append_two(out, utc.tm_min);
  out.push_back(':');
  append_two(out, utc.tm_sec);
  const int milliseconds = static_cast<int>(since % 1000);
  out.push_back('.');
  out.push_back(static_cast<char>('0' + milliseconds / 100));
  append_two(out, milliseconds % 100);
  out.push_back('Z');
}

uint64_t milliseconds_between(MonotonicTime from, MonotonicTime to) {
  return to <= from ? 0
                    : static_cast<uint64_t>(
                          std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
}

std::optional<uint64_t> upstream_time(const StreamInfo& info) {
  if (info.upstream_first == MonotonicTime{} || info.upstream_start == MonotonicTime{}) {
    return std::nullopt;
  }
  return milliseconds_between(info.upstream_start, info.upstream_first);
}

std::string_view header(const http::HeaderMap* map, std::string_view name) {
  return map == nullptr ? std::string_view() : map->get(name).value_or(std::string_view());
}

std::string_view protocol_of(const AccessLogEntry& entry) {
  return entry.request == nullptr ? std::string_view() : http::to_string(entry.info.protocol);
}

constexpr char kHex[] = "0123456789abcdef";

// Quotes, backslashes, controls and bytes that are no ASCII are escaped, so that no value ends its
// field or its line.
void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
      out.push_back(c);
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else {
      out.append("\\x").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
}

void append_text(std::string& out, std::string_view value) {
  value.empty() ? out.push_back('-') : append_escaped(out, value);
}

// In JSON, a byte that is no ASCII becomes the code point of the same number: every line is valid
// JSON whatever a peer sends.
void append_json_string(std::string& out, std::string_view value) {
  out.push_back('"');
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte >= 0x20 && byte < 0x7F) {
      out.push_back(c);
    } else {
      out.append("\\u00").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  out.push_back('"');
}

class JsonLine {
 public:
  explicit JsonLine(std::string& out) : out_(out) { out_.push_back('{'); }

  void text(std::string_view key, std::string_view value) {
    start(key);
    append_json_string(out_, value.empty() ? std::string_view("-") : value);
  }
  void number(std::string_view key, std::optional<uint64_t> value) {
    start(key);
    if (value) {
      append_number(out_, *value);
    } else {
      out_.append("\"-\"");
    }
  }
  void time(std::string_view key, WallTime value) {
    start(key);
    out_.push_back('"');
    append_time(out_, value);
    out_.push_back('"');
  }
  void end() { out_.append("}\n"); }

 private:
  void start(std::string_view key) {
    if (!first_) {
      out_.push_back(',');
    }
    first_ = false;
    out_.push_back('"');
    out_.append(key).append("\":");
  }

  std::string& out_;
  bool first_ = true;
};

std::string_view first_of_path(const AccessLogEntry& entry) {
  const std::string_view original = header(entry.request, "x-envoy-original-path");
  return original.empty() ? header(entry.request, http::kPath) : original;
}

std::string_view state_of(const StreamInfo& info, std::string_view key) {
  const auto found = info.state.find(key);
  return found == info.state.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

void append_text_line(const AccessLogEntry& entry, std::string& out) {
  const StreamInfo& info = entry.info;
  out.push_back('[');
  append_time(out, info.start_wall);
  out.append("] \"");
  append_text(out, header(entry.request, http::kMethod));
  out.push_back(' ');
  append_text(out, first_of_path(entry));
  out.push_back(' ');
  append_text(out, protocol_of(entry));
  out.append("\" ");
  append_number(out, static_cast<uint64_t>(info.response_code));
  out.push_back(' ');
  append_text(out, info.response_flags);
  out.push_back(' ');
  append_number(out, info.request_body_bytes);
  out.push_back(' ');
  append_number(out, info.response_body_bytes);
  out.push_back(' ');
  append_number(out, milliseconds_between(info.start, info.end));
  out.push_back(' ');
  if (const auto time = upstream_time(info)) {
    append_number(out, *time);
  } else {
    out.push_back('-');
  }
  for (const std::string_view value :
       {header(entry.request, "x-forwarded-for"), header(entry.request, "user-agent"),
        header(entry.request, "x-request-id"), header(entry.request, http::kAuthority),
        info.upstream_address}) {
    out.append(" \"");
    append_text(out, value);
    out.push_back('"');
  }
  out.push_back('\n');
}

void append_json_line(const AccessLogEntry& entry, std::string& out) {
  const StreamInfo& info = entry.info;
  JsonLine line(out);
  line.text("authority", header(entry.request, http::kAuthority));
  line.number("bytes_received", info.request_body_bytes);
  line.number("bytes_sent", info.response_body_bytes);
  line.text("downstream_local_address", info.downstream_local_address);
  line.text("downstream_remote_address", info.downstream_remote_address);
  line.number("duration", milliseconds_between(info.start, info.end));
  line.text("method", header(entry.request, http::kMethod));
  line.text("path", first_of_path(entry));
  line.text("protocol", protocol_of(entry));
  line.text("request_id", header(entry.request, "x-request-id"));
  line.text("requested_server_name", info.requested_server_name);
  line.number("response_code", static_cast<uint64_t>(info.response_code));
  line.text("response_code_details", info.response_code_details);
  line.text("response_flags", info.response_flags);
  line.text("route_name", info.route_name);
  line.time("start_time", info.start_wall);
  line.text("trace_id", header(entry.request, "x-b3-traceid"));
  line.text("upstream_cluster", info.cluster_name);
  line.text("upstream_host", info.upstream_address);
  line.text("upstream_local_address", info.upstream_local_address);
  line.number("upstream_service_time", upstream_time(info));
  line.text("upstream_transport_failure_reason", info.upstream_transport_failure_reason);
  line.text("user_agent", header(entry.request, "user-agent"));
  line.text("x_forwarded_for", header(entry.request, "x-forwarded-for"));
  line.text("istio_policy_status", {});
  line.text("ai_log", state_of(info, "wasm.ai_log"));
  line.end();
}

AccessLog::AccessLog(net::EventLoop& loop, AccessLogSink& sink, config::AccessLogFormat format)
    : sink_(sink), format_(format), timer_(loop.timers(), [this] { flush(); }) {}

void AccessLog::log(const AccessLogEntry& entry) {
  if (block_.capacity() < kBlockBytes) {
    block_.reserve(kBlockBytes + 4096);
  }
  format_ == config::AccessLogFormat::Json ? append_json_line(entry, block_)
                                           : append_text_line(entry, block_);
  if (block_.size() >= kBlockBytes) {
    flush();
  } else if (!timer_.armed()) {
    timer_.arm(kFlushAfter);
  }
}

void AccessLog::flush() {
  timer_.cancel();
  if (!block_.empty()) {
    sink_.submit(std::exchange(block_, {}));
  }
}

// ---- the file ----

Result<std::unique_ptr<AccessLogFile>> AccessLogFile::open(const std::string& path,
                                                           Logger& logger) {
  int fd = STDOUT_FILENO;
  if (!path.empty()) {
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) {
      return fail(ErrorCode::Refused, fmt::format("access log {}: {}", path, std::strerror(errno)));
    }
  }
  return std::unique_ptr<AccessLogFile>(new AccessLogFile(path, fd, logger));
}

AccessLogFile::AccessLogFile(std::string path, int fd, Logger& logger)
    : path_(std::move(path)), fd_(fd), logger_(logger), thread_([this] { run(); }) {}

AccessLogFile::~AccessLogFile() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (!path_.empty()) {
    ::close(fd_);
  }
}

void AccessLogFile::submit(std::string&& block) {
  {
    const std::lock_guard lock(mutex_);
    if (blocks_.size() >= kMaxBlocks) {
      if (dropped_++ == 0) {
        logger_.warn("access log {}: the writer cannot keep up, lines are lost", path_);
      }
      return;
    }
    blocks_.push_back(std::move(block));
  }
  wake_.notify_one();
}

void AccessLogFile::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

uint64_t AccessLogFile::dropped_blocks() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void AccessLogFile::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || reopen_ || !blocks_.empty(); });
    while (!blocks_.empty()) {
      const std::string block = std::move(blocks_.front());
      blocks_.pop_front();
      lock.unlock();
      write_block(block);
      lock.lock();
    }
    if (reopen_) {
      reopen_ = false;
      open_again();
    }
    if (stop_) {
      return;
    }
  }
}

void AccessLogFile::write_block(std::string_view block) {
  while (!block.empty()) {
    const ssize_t size = ::write(fd_, block.data(), block.size());
    if (size >= 0) {
      block.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EINTR) {
      logger_.error("access log {}: {}", path_.empty() ? "stdout" : path_, std::strerror(errno));
      return;
    }
  }
}

void AccessLogFile::open_again() {
  if (path_.empty()) {
    return;
  }
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) {
    logger_.error("access log {}: cannot open it again: {}", path_, std::strerror(errno));
    return;
  }
  ::close(std::exchange(fd_, fd));
}

}  // namespace wasmgate::proxy
