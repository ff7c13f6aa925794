#include "config/yaml/parse_yaml.h"

#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "config/yaml/scalar.h"
#include "config/yaml/tree_builder.h"
#include "config/yaml/utf8.h"

namespace wasmgate::config {
namespace {

// After so many broken documents of one file the rest is not looked at.
constexpr size_t kMaxBrokenDocuments = 1'000;

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
using ParserPtr = std::unique_ptr<fy_parser, ParserDeleter>;

std::string token_text(fy_token* token) {
  if (token == nullptr) {
    return {};
  }
  size_t size = 0;
  const char* text = fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

// The tag in its short form ("!!int"), or empty.
std::string tag_text(fy_token* tag) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  if (tag == nullptr) {
    return {};
  }
  size_t handle_size = 0;
  size_t suffix_size = 0;
  const char* handle = fy_tag_token_handle(tag, &handle_size);
  const char* suffix = fy_tag_token_suffix(tag, &suffix_size);
  std::string out = handle == nullptr ? "" : std::string(handle, handle_size);
  out += suffix == nullptr ? "" : std::string(suffix, suffix_size);
  return out.starts_with(kCore) ? "!!" + out.substr(kCore.size()) : out;
}

struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

// Collects the parser's errors and prints nothing.
std::unique_ptr<fy_diag, DiagDeleter> make_diag() {
  fy_diag_cfg config;
  fy_diag_cfg_default(&config);
  config.fp = nullptr;
  config.output_fn = [](fy_diag*, void*, const char*, size_t) {};
  config.colorize = false;
  std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&config));
  if (diag != nullptr) {
    fy_diag_set_collect_errors(diag.get(), true);
  }
  return diag;
}

// Reads the documents of one stretch of text that starts at a line's beginning.
class StretchReader {
 public:
  StretchReader(const std::string& file, std::string_view text, uint32_t first_line,
                Diagnostics& out)
      : text_(text), first_line_(first_line), builder_(file, out) {}

  /// Returns the line (from 1, of the file) where the reader had to stop, or nothing when all was
  /// read.
  std::optional<uint32_t> read(std::vector<NodePtr>& documents) {
    const auto diag = make_diag();
    fy_parse_cfg config{};
    config.diag = diag.get();
    config.flags =
        static_cast<fy_parse_cfg_flags>(FYPCF_DISABLE_DEPTH_LIMIT | FYPCF_DISABLE_RECYCLING);
    const ParserPtr parser(fy_parser_create(&config));
    if (parser == nullptr || fy_parser_set_string(parser.get(), text_.data(), text_.size()) != 0) {
      builder_.error({}, "syntax", "the YAML reader could not start");
      return std::nullopt;
    }
    while (fy_event* event = fy_parser_parse(parser.get())) {
      take(event, documents);
      const bool done = event->type == FYET_STREAM_END;
      fy_parser_event_free(parser.get(), event);
      if (done && !fy_parser_get_stream_error(parser.get())) {
        return std::nullopt;
      }
      if (builder_.abandoned()) {
        return std::exchange(stopped_, last_line_);
      }
    }
    return report_syntax_error(diag.get());
  }

 private:
  Span span_of(fy_event* event) {
    const fy_mark* start = fy_event_start_mark(event);
    const fy_mark* end = fy_event_end_mark(event);
    Span span;
    if (start != nullptr) {
      span.line = first_line_ + static_cast<uint32_t>(start->line);
      span.column = static_cast<uint32_t>(start->column) + 1;
      last_line_ = span.line;
    }
    if (end != nullptr) {
      span.end_line = first_line_ + static_cast<uint32_t>(end->line);
      span.end_column = static_cast<uint32_t>(end->column) + 1;
    }
    return span;
  }

  void take(fy_event* event, std::vector<NodePtr>& documents) {
    Span span = span_of(event);
    switch (event->type) {
      case FYET_SCALAR:
        take_scalar(event, span);
        break;
      case FYET_ALIAS:
        span.column -= 1;  // the mark stands after the star
        builder_.alias(token_text(event->alias.anchor), span);
        break;
      case FYET_MAPPING_START:
        check_tag(tag_text(event->mapping_start.tag), "!!map", span);
        builder_.open(NodeKind::Mapping, span, token_text(event->mapping_start.anchor));
        break;
      case FYET_SEQUENCE_START:
        check_tag(tag_text(event->sequence_start.tag), "!!seq", span);
        builder_.open(NodeKind::Sequence, span, token_text(event->sequence_start.anchor));
        break;
      case FYET_MAPPING_END:
      case FYET_SEQUENCE_END:
        builder_.close(span);
        break;
      case FYET_DOCUMENT_END:
        if (NodePtr root = builder_.finish(); root != nullptr && !root->is(NodeKind::Null)) {
          documents.push_back(std::move(root));
        }
        break;
      default:
        break;
    }
  }

  void take_scalar(fy_event* event, Span span) {
    const auto style =
        event->scalar.value == nullptr ? FYSS_PLAIN : fy_token_scalar_style(event->scalar.value);
    if (style == FYSS_SINGLE_QUOTED ||
        style == FYSS_DOUBLE_QUOTED) {  // the marks stand inside the quotes
      span.column -= 1;
      span.end_column += 1;
    }
    auto node = std::make_shared<Node>();
    node->span = span;
    const std::string text = token_text(event->scalar.value);
    const std::string tag = tag_text(event->scalar.tag);
    const bool plain =
        event->scalar.value == nullptr || fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    if ((plain && tag.empty()) || is_typed(tag)) {
      type(*node, text, tag, span);
    } else {
      check_tag(tag, "!!str", span);
      node->kind = NodeKind::String;
      node->text = text;
    }
    builder_.scalar(std::move(node), token_text(event->scalar.anchor));
  }

  static bool is_typed(const std::string& tag) {
    return tag == "!!int" || tag == "!!float" || tag == "!!bool" || tag == "!!null";
  }

  void type(Node& node, const std::string& text, const std::string& tag, Span span) {
    Scalar scalar = type_plain_scalar(text);
    node.kind = scalar.kind;
    node.text = std::move(scalar.text);
    if (scalar.not_finite) {
      builder_.error(span, "not-finite", "the number " + text + " has no form in JSON");
    }
    if (!tag.empty() && !fits(node.kind, tag)) {
      builder_.error(span, "bad-tag", "\"" + text + "\" is not what its tag says");
    }
    if (const auto boolean = yaml11_boolean(text); boolean && tag.empty()) {
      builder_.warning(
          span, "yaml11-boolean",
          "\"" + text + "\" is a string in YAML 1.2, but kubectl makes it " +
              (*boolean ? "true" : "false"),
          std::string("write ") + (*boolean ? "true" : "false") + ", or put it in quotes");
    }
  }

  static bool fits(NodeKind kind, const std::string& tag) {
    switch (kind) {
      case NodeKind::Null:
        return tag == "!!null";
      case NodeKind::Bool:
        return tag == "!!bool";
      case NodeKind::Number:
        return tag == "!!int" || tag == "!!float";
      default:
        return false;
    }
  }

  void check_tag(const std::string& tag, std::string_view allowed, Span span) {
    if (!tag.empty() && tag != allowed && tag != "!") {
      builder_.error(span, "bad-tag", "the tag " + tag + " is not known here", "leave the tag out");
    }
  }

  uint32_t report_syntax_error(fy_diag* diag) {
    void* at = nullptr;
    const fy_diag_error* error = fy_diag_errors_iterate(diag, &at);
    Span span{last_line_, 1, 0, 0};
    std::string message = "the YAML is broken here";
    if (error != nullptr) {
      span.line = first_line_ + static_cast<uint32_t>(error->line > 0 ? error->line - 1 : 0);
      span.column = static_cast<uint32_t>(error->column > 0 ? error->column : 1);
      message = error->msg == nullptr ? message : error->msg;
    }
    builder_.error(span, "syntax", message);
    return std::max(span.line, last_line_);
  }

  std::string_view text_;
  uint32_t first_line_;
  uint32_t last_line_ = 1;
  std::optional<uint32_t> stopped_;
  TreeBuilder builder_;
};

// A place where a document may begin.
struct DocumentStart {
  size_t offset = 0;
  uint32_t line = 1;
};

// The first "---" line at or after line `line` that is not the one at `from`.
std::optional<DocumentStart> next_document(std::string_view text, DocumentStart from,
                                           uint32_t line) {
  size_t at = from.offset;
  for (uint32_t current = from.line; at < text.size(); ++current) {
    const std::string_view rest = text.substr(at);
    const bool marker = rest.starts_with("---") &&
                        (rest.size() == 3 || rest[3] == '\n' || rest[3] == '\r' || rest[3] == ' ');
    if (marker && current >= line && at > from.offset) {
      return DocumentStart{at, current};
    }
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      break;
    }
    at += end + 1;
  }
  return std::nullopt;
}

}  // namespace

std::vector<NodePtr> parse_yaml(const std::string& file, std::string_view text, Diagnostics& out) {
  std::vector<NodePtr> documents;
  if (const auto bad = find_bad_text(text)) {
    TreeBuilder(file, out).error({bad->line, bad->column, 0, 0}, "encoding", bad->message);
    return documents;
  }
  DocumentStart start;
  for (size_t broken = 0; broken < kMaxBrokenDocuments; ++broken) {
    StretchReader reader(file, text.substr(start.offset), start.line, out);
    const auto stopped = reader.read(documents);
    const auto next = stopped ? next_document(text, start, *stopped) : std::nullopt;
    if (!next) {
      break;
    }
    start = *next;
  }
  return documents;
}

}  // namespace wasmgate::config
