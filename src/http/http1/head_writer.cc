#include "http/http1/head_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/message/status.h"
#include "http/rules/characters.h"
#include "http/rules/field_names.h"

namespace wasmgate::http {
namespace {

constexpr size_t kFixedBytes = 256;   // start line's constant parts, framing and connection fields
constexpr size_t kBytesPerField = 4;  // ": " and CR LF

/// Appends to space that was reserved once.
class Writer {
 public:
  Writer(Buffer& out, size_t most_bytes)
      : out_(out), begin_(out.reserve(most_bytes)), next_(begin_) {}
  ~Writer() { out_.commit(static_cast<size_t>(next_ - begin_)); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void text(std::string_view text) {
    if (text.empty()) {
      return;  // its pointer may be null
    }
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
  }
  void number(uint64_t value, int base = 10) {
    next_ = std::to_chars(next_, next_ + 20, value, base).ptr;
  }
  void field(std::string_view name, std::string_view value) {
    text(name);
    text(": ");
    text(value);
    text("\r\n");
  }

 private:
  Buffer& out_;
  char* begin_;
  char* next_;
};

size_t most_bytes(const HeaderMap& headers) {
  return headers.byte_size() + kBytesPerField * headers.size() + kFixedBytes;
}

bool is_clean(const HeaderField& field) {
  return valid_field_name(field.name) && clean_field_value(field.value);
}

/// Ordinary fields only: what the codec frames itself stays out.
void write_fields(const HeaderMap& headers, bool request, Writer& writer) {
  for (const HeaderField& field : headers.fields()) {
    const KnownField known = classify_field(field.name);
    const bool ordinary = known == KnownField::Other ||
                          (!request && (known == KnownField::Host || known == KnownField::Expect));
    if (ordinary && is_clean(field)) {  // the name of a pseudo-header is no token
      writer.field(field.name, field.value);
    }
  }
}

void write_framing(const WireFraming& framing, Writer& writer) {
  if (framing.chunked) {
    writer.text("transfer-encoding: chunked\r\n");
  } else if (framing.content_length) {
    writer.text("content-length: ");
    writer.number(*framing.content_length);
    writer.text("\r\n");
  }
}

/// A part of the request line, empty when it would break the line.
std::string_view line_part(const HeaderMap& headers, std::string_view name) {
  const std::string_view value = headers.get(name).value_or(std::string_view{});
  const bool one_word = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F;
  });
  return one_word ? value : std::string_view{};
}

}  // namespace

void write_response_head(const HeaderMap& headers, int status, const WireFraming& framing,
                         ConnectionField connection, Buffer& out) {
  Writer writer(out, most_bytes(headers));
  writer.text("HTTP/1.1 ");
  writer.number(static_cast<uint64_t>(status));
  writer.text(" ");
  writer.text(reason_phrase(status));
  writer.text("\r\n");
  write_fields(headers, false, writer);
  write_framing(framing, writer);
  if (connection == ConnectionField::Close) {
    writer.text("connection: close\r\n");
  } else if (connection == ConnectionField::KeepAlive) {
    writer.text("connection: keep-alive\r\n");
  }
  writer.text("\r\n");
}

void write_request_head(const HeaderMap& headers, const WireFraming& framing, Buffer& out) {
  Writer writer(out, most_bytes(headers));
  writer.text(line_part(headers, kMethod));
  writer.text(" ");
  writer.text(line_part(headers, kPath));
  writer.text(" HTTP/1.1\r\nhost: ");
  writer.text(line_part(headers, kAuthority));
  writer.text("\r\n");
  write_fields(headers, true, writer);
  write_framing(framing, writer);
  writer.text("\r\n");
}

void write_interim_head(int status, Buffer& out) {
  Writer writer(out, kFixedBytes);
  writer.text("HTTP/1.1 ");
  writer.number(static_cast<uint64_t>(status));
  writer.text(" ");
  writer.text(reason_phrase(status));
  writer.text("\r\n\r\n");
}

void write_chunk(std::string_view data, Buffer& out) {
  if (data.empty()) {
    return;
  }
  Writer writer(out, data.size() + 32);
  writer.number(data.size(), 16);
  writer.text("\r\n");
  writer.text(data);
  writer.text("\r\n");
}

void write_last_chunk(const HeaderMap* trailers, Buffer& out) {
  if (trailers == nullptr) {
    out.append("0\r\n\r\n");
    return;
  }
  Writer writer(out, most_bytes(*trailers));
  writer.text("0\r\n");
  for (const HeaderField& field : trailers->fields()) {
    if (is_clean(field) && !is_forbidden_trailer(field.name)) {
      writer.field(field.name, field.value);
    }
  }
  writer.text("\r\n");
}

}  // namespace wasmgate::http
