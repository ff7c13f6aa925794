#include "frame_script.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "case_file.h"

namespace wasmgate::http::conformance {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kEndStream = 1;
constexpr unsigned kEndHeaders = 4;
constexpr unsigned kPadded = 8;

std::string big_endian(uint64_t value, unsigned size) {
  std::string out;
  for (unsigned i = size; i > 0; --i) {
    out.push_back(static_cast<char>(value >> (8 * (i - 1))));
  }
  return out;
}

std::string from_hex(const std::string& text) {
  std::string out;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') {
      continue;
    }
    digits.push_back(c);
    if (digits.size() == 2) {
      out.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return out;
}

/// A length with a prefix of seven bits (RFC 7541 §5.1).
std::string hpack_length(size_t size) {
  if (size < 127) {
    return {static_cast<char>(size)};
  }
  std::string out(1, '\x7f');
  for (size -= 127; size >= 128; size /= 128) {
    out.push_back(static_cast<char>(size % 128 + 128));
  }
  out.push_back(static_cast<char>(size));
  return out;
}

std::string fields(const std::string& text) {
  if (text == "get" || text == "post") {
    return literal(":method", text == "get" ? "GET" : "POST") + literal(":scheme", "http") +
           literal(":path", "/") + literal(":authority", "a");
  }
  std::string out;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find("  ", start), text.size());
    const std::string field = text.substr(start, end - start);
    if (field == "get" || field == "post" || field == "ok") {
      out += field == "ok" ? literal(":status", "200") : fields(field);
    } else {
      const size_t colon = field.find(": ");
      const std::string name = field.substr(0, colon);
      out += literal(unescape(name),
                     colon == std::string::npos ? "" : unescape(field.substr(colon + 2)));
    }
    start = end + 2;
  }
  return out;
}

/// One line of a script, taken apart.
class Line {
 public:
  explicit Line(std::string text) : rest_(std::move(text)) {}

  std::string word() {
    const size_t space = rest_.find(' ');
    std::string out = rest_.substr(0, space);
    rest_ = space == std::string::npos ? "" : rest_.substr(space + 1);
    return out;
  }
  uint64_t number() { return std::stoull(word()); }
  /// Takes `name` when it is the next word.
  bool flag(const std::string& name) {
    if (rest_ != name && !rest_.starts_with(name + " ")) {
      return false;
    }
    word();
    return true;
  }
  const std::string& rest() const { return rest_; }

 private:
  std::string rest_;
};

std::string headers_frame(Line& line, uint32_t stream, unsigned type) {
  unsigned flags = 0;
  flags |= line.flag("end") ? kEndStream : 0;
  flags |= line.flag("open") ? 0 : kEndHeaders;
  const bool pad = line.flag("pad");
  std::string payload = fields(line.rest());
  if (pad) {
    flags |= kPadded;
    payload = "\x03" + payload + std::string(3, '\0');
  }
  return frame(type, flags, stream, payload);
}

std::string settings_frame(Line& line) {
  std::string payload;
  while (!line.rest().empty()) {
    const std::string pair = line.word();
    const size_t equals = pair.find('=');
    payload += big_endian(std::stoul(pair.substr(0, equals)), 2) +
               big_endian(std::stoul(pair.substr(equals + 1)), 4);
  }
  return frame(4, 0, 0, payload);
}

/// The bytes of a line that sends. `add`: to be added to its stream number. Returns false for an
/// unknown word.
bool bytes_of(const std::string& text, uint32_t add, std::string& out) {
  Line line(text);
  const std::string word = line.word();
  if (word == "preface") {
    out = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  } else if (word == "settings") {
    out = settings_frame(line);
  } else if (word == "settings-ack") {
    out = frame(4, 1, 0, "");
  } else if (word == "ping") {
    out = frame(6, 0, 0, "12345678");
  } else if (word == "bytes") {
    out = from_hex(line.rest());
  } else if (word == "raw") {
    const auto type = static_cast<unsigned>(line.number());
    const auto flags = static_cast<unsigned>(line.number());
    const auto stream = static_cast<uint32_t>(line.number());
    out = frame(type, flags, stream + add, from_hex(line.rest()));
  } else if (word == "goaway") {
    const uint64_t last = line.number();
    out = frame(7, 0, 0, big_endian(last, 4) + big_endian(line.number(), 4));
  } else {
    const auto stream = static_cast<uint32_t>(line.number() + add);
    if (word == "headers" || word == "continuation") {
      out = headers_frame(line, stream, word == "headers" ? 1 : 9);
    } else if (word == "block") {
      const unsigned flags = line.flag("end") ? kEndStream | kEndHeaders : kEndHeaders;
      out = frame(1, flags, stream, from_hex(line.rest()));
    } else if (word == "data") {
      const unsigned flags = line.flag("end") ? kEndStream : 0;
      out = frame(0, flags, stream, unescape(line.rest()));
    } else if (word == "rst") {
      out = frame(3, 0, stream, big_endian(line.number(), 4));
    } else if (word == "window") {
      out = frame(8, 0, stream, big_endian(line.number(), 4));
    } else if (word == "priority") {
      out = frame(2, 0, stream, big_endian(line.number(), 4) + "\x10");
    } else {
      return false;
    }
  }
  return true;
}

bool set_limit(FrameCase& current, const std::string& name, uint64_t value) {
  const std::map<std::string, uint32_t*> numbers = {
      {"concurrent_streams", &current.http2_limits.concurrent_streams},
      {"stream_window_bytes", &current.http2_limits.stream_window_bytes},
      {"connection_window_bytes", &current.http2_limits.connection_window_bytes},
      {"continuation_frames", &current.http2_limits.continuation_frames},
      {"empty_data_frames", &current.http2_limits.empty_data_frames},
      {"reset_burst", &current.http2_limits.reset_burst},
      {"resets_per_second", &current.http2_limits.resets_per_second},
      {"control_burst", &current.http2_limits.control_burst},
      {"output_frames", &current.http2_limits.output_frames},
      {"output_control_frames", &current.http2_limits.output_control_frames}};
  if (const auto found = numbers.find(name); found != numbers.end()) {
    *found->second = static_cast<uint32_t>(value);
  } else if (name == "header_bytes") {
    current.limits.header_bytes = value;
  } else if (name == "header_count") {
    current.limits.header_count = value;
  } else if (name == "requests_per_connection") {
    current.limits.requests_per_connection = value;
  } else {
    return false;
  }
  return true;
}

/// Reads a line that sets something. Returns false when it is none.
bool set_something(const std::string& text, FrameCase& current) {
  Line line(text);
  const std::string word = line.word();
  if (word == "origin") {
    return !line.rest().empty();
  }
  if (word == "client") {
    current.client_method = line.rest();
  } else if (word == "answer") {
    current.answer = line.rest() == "none"
                         ? Answer::None
                         : (line.rest() == "head" ? Answer::AtHead : Answer::AtEnd);
  } else if (word == "body") {
    current.body_bytes = line.number();
  } else if (word == "limit") {
    const std::string name = line.word();
    return set_limit(current, name, line.number());
  } else if (word == "wait") {
    current.steps.back().wait_ms = line.number();
    current.steps.emplace_back();
  } else if (word == "pause") {
    current.pause = true;
  } else if (word == "eof") {
    current.eof = true;
  } else {
    return false;
  }
  return true;
}

/// Reads a sending line, with its repetitions. "+N" at the end of the stream number counts up.
bool send_something(std::string text, uint64_t times, FrameCase& current) {
  uint32_t step = 0;
  if (const size_t plus = text.find('+'); plus != std::string::npos && times > 1) {
    const size_t end = std::min(text.find(' ', plus), text.size());
    step = static_cast<uint32_t>(std::stoul(text.substr(plus + 1, end - plus - 1)));
    text.erase(plus, end - plus);
  }
  for (uint64_t i = 0; i < times; ++i) {
    std::string bytes;
    if (!bytes_of(text, step * static_cast<uint32_t>(i), bytes)) {
      return false;
    }
    current.steps.back().bytes += bytes;
  }
  return true;
}

class FileReader {
 public:
  FileReader(const fs::path& path, std::vector<FrameCase>& out)
      : path_(path), out_(out), first_(out.size()) {}

  void read() {
    std::ifstream stream(path_);
    std::string line;
    for (number_ = 1; std::getline(stream, line); ++number_) {
      if (!line.empty() && line.front() != '#') {
        read_line(line);
      }
    }
  }

 private:
  void read_line(const std::string& line) {
    if (line.starts_with("case ")) {
      out_.emplace_back();
      out_.back().file = path_.stem().string();
      out_.back().name = line.substr(5);
      expecting_ = false;
    } else if (out_.size() == first_) {
      die("a line before the first case");
    } else if (line == "expect") {
      expecting_ = true;
    } else if (expecting_) {
      if (!line.starts_with("  ")) {
        die("an event is indented by two spaces");
      }
      out_.back().expected += line.substr(2) + "\n";
    } else if (line.starts_with("repeat ")) {
      times_ = std::stoull(line.substr(7));
    } else if (!set_something(line, out_.back()) &&
               !send_something(line, std::exchange(times_, 1), out_.back())) {
      die("not understood: " + line);
    }
  }

  [[noreturn]] void die(const std::string& what) const {
    std::fprintf(stderr, "%s:%zu: %s\n", path_.c_str(), number_, what.c_str());
    std::exit(2);
  }

  fs::path path_;
  std::vector<FrameCase>& out_;
  size_t first_;
  size_t number_ = 0;
  uint64_t times_ = 1;
  bool expecting_ = false;
};

}  // namespace

std::string frame(unsigned type, unsigned flags, uint32_t stream, const std::string& payload) {
  return big_endian(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) +
         big_endian(stream, 4) + payload;
}

std::string literal(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + hpack_length(name.size()) + name + hpack_length(value.size()) +
         value;
}

std::vector<FrameCase> read_frame_cases(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<FrameCase> cases;
  for (const fs::path& path : paths) {
    FileReader(path, cases).read();
  }
  return cases;
}

}  // namespace wasmgate::http::conformance
