#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/log.h"
#include "config/diagnostics/render.h"

namespace wasmgate::config {
namespace {

constexpr size_t kMaxLineBytes = 160;

// The lines of the files that findings speak of, split once per file.
class SourceLines {
 public:
  explicit SourceLines(std::span<const SourceText> sources) {
    for (const SourceText& source : sources) {
      texts_.emplace(source.path, &source.text);
    }
  }

  std::string_view line(const std::string& file, uint32_t number) {
    const auto text = texts_.find(file);
    if (text == texts_.end() || number == 0) {
      return {};
    }
    auto& lines = lines_[file];
    if (lines.empty()) {
      split(*text->second, lines);
    }
    return number <= lines.size() ? lines[number - 1] : std::string_view();
  }

 private:
  static void split(std::string_view text, std::vector<std::string_view>& lines) {
    if (text.starts_with("\xEF\xBB\xBF")) {
      text.remove_prefix(3);
    }
    while (!text.empty()) {
      const size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      if (line.ends_with('\r')) {
        line.remove_suffix(1);
      }
      lines.push_back(line);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  std::map<std::string, const std::string*> texts_;
  std::map<std::string, std::vector<std::string_view>> lines_;
};

bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continuation(c); }));
}

// Tabs become one space, other control bytes "?", so that the caret stands under its character.
std::string printable(std::string_view line) {
  std::string out(line.substr(0, kMaxLineBytes));
  while (out.size() < line.size() && !out.empty() && continuation(line[out.size()])) {
    out.pop_back();
  }
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      c = c == '\t' ? ' ' : '?';
    }
  }
  return out;
}

std::string caret(const Diagnostic& d, std::string_view shown) {
  const size_t width = characters(shown);
  const size_t start = d.location.column == 0 ? 0 : d.location.column - 1;
  if (start > width) {
    return {};
  }
  size_t end = start + 1;
  if (d.end_line == d.location.line && d.end_column > d.location.column) {
    end = d.end_column - 1;
  } else if (d.end_line > d.location.line) {
    end = std::max(width, start + 1);
  }
  end = std::min(end, std::max(width, start + 1));
  return std::string(start, ' ') + "^" + std::string(end - start - 1, '~');
}

std::string plural(size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string full_message(const Diagnostic& d) {
  std::string out = d.path.empty() ? "" : d.path + ": ";
  if (!d.message.empty()) {
    out += d.message;
  } else {
    out += "expected " + d.expected;
    out += d.found.empty() ? "" : ", got " + d.found;
  }
  return escape_control(out);
}

std::string render_text(const Diagnostics& diagnostics, std::span<const SourceText> sources,
                        bool color) {
  SourceLines lines(sources);
  std::string out;
  for (const Diagnostic& d : diagnostics.items()) {
    const bool error = d.severity == Severity::Error;
    const std::string_view on = !color ? "" : error ? "\x1b[1;31m" : "\x1b[1;33m";
    const std::string_view off = color ? "\x1b[0m" : "";
    out += escape_control(d.location.file.empty() ? "configuration" : d.location.file);
    if (d.location.line != 0) {
      out += fmt::format(":{}:{}", d.location.line, d.location.column);
    }
    out += fmt::format(": {}{}:{} {}\n", on, error ? "error" : "warning", off, full_message(d));
    if (const std::string shown = printable(lines.line(d.location.file, d.location.line));
        !shown.empty() && !d.secret) {
      out += fmt::format("    {}\n", shown);
      if (const std::string mark = caret(d, shown); !mark.empty()) {
        out += fmt::format("    {}{}{}\n", on, mark, off);
      }
    }
    if (!d.note.empty()) {
      out += fmt::format("    = {}\n", escape_control(d.note));
    }
    if (!d.hint.empty()) {
      out += fmt::format("    = try: {}\n", escape_control(d.hint));
    }
  }
  return out;
}

std::string render_summary(const Diagnostics& diagnostics, size_t files) {
  return fmt::format("{}, {} in {}\n", plural(diagnostics.errors(), "error"),
                     plural(diagnostics.warnings(), "warning"), plural(files, "file"));
}

}  // namespace wasmgate::config
