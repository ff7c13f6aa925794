#include "wasm/host/guest_log.h"

#include "wasm/host/vm.h"

namespace wasmgate::wasm {

void GuestLog::write(LogLevel level, std::string_view text) {
  while (text.size() > 1 && text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  size_t begin = 0;
  do {
    const size_t end = std::min(text.find('\n', begin), text.size());
    write_line(level, text.substr(begin, end - begin));
    begin = end + 1;
  } while (begin < text.size());
}

void GuestLog::write_line(LogLevel level, std::string_view line) {
  const auto& limits = vm_.limits();
  line = line.substr(0, limits.log_line_bytes);
  if (level >= LogLevel::Error) {
    last_.emplace_back(line.substr(0, 512));
    if (last_.size() > kLastLines) {
      last_.pop_front();
    }
  }
  auto& code = vm_.code();
  if (!code.process.logger.enabled(level)) {
    return;
  }
  if (!code.log_quota.admit(vm_.clock().now())) {
    vm_.count(code.metrics.log_dropped);
    return;
  }
  code.log(level, line);
}

void GuestLog::write_stream(bool is_error, std::string_view bytes) {
  auto& rest = is_error ? error_ : out_;
  const auto level = is_error ? LogLevel::Error : LogLevel::Info;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    rest.append(bytes.substr(0, std::min(end, bytes.size())));
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end != std::string_view::npos || rest.size() >= vm_.limits().log_line_bytes) {
      write_line(level, rest);
      rest.clear();
    }
  }
  vm_.log_waits();
}

void GuestLog::flush() {
  for (auto* rest : {&out_, &error_}) {
    if (!rest->empty()) {
      write_line(rest == &error_ ? LogLevel::Error : LogLevel::Info, *rest);
      rest->clear();
    }
  }
}

}  // namespace wasmgate::wasm
