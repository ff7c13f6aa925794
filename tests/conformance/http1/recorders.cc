#include "recorders.h"

#include <algorithm>
#include <memory>

#include "base/buffer.h"
#include "http/http1/http1_client_codec.h"
#include "http/http1/http1_server_codec.h"
#include "http/rules/head_checks.h"

namespace wasmgate::http::conformance {
namespace {

/// Event lines; pieces of content are joined.
class EventText {
 public:
  void line(const std::string& text) {
    flush();
    text_ += text + "\n";
  }
  void data(std::string_view piece) {
    has_data_ = true;
    data_.append(piece);
  }
  void fields(const char* word, const HeaderMap& headers) {
    for (const HeaderField& field : headers.fields()) {
      if (!field.name.starts_with(':')) {
        line(std::string(word) + " " + std::string(field.name) + ": " + escape(field.value));
      }
    }
  }
  void refusal(const Refusal& refusal) {
    line("refusal " + std::to_string(refusal.status) + " " + std::to_string(refusal.rule) + " " +
         std::string(refusal.reason));
  }
  std::string take() {
    flush();
    return std::move(text_);
  }

 private:
  void flush() {
    if (has_data_) {
      text_ += "data " + escape(data_) + "\n";
    }
    data_.clear();
    has_data_ = false;
  }

  std::string text_;
  std::string data_;
  bool has_data_ = false;
};

/// Never a bare CR or LF, never a NUL, never both framings, always one empty line at the end.
std::string unclean(std::string_view head) {
  for (size_t i = 0; i < head.size(); ++i) {
    const bool bare_lf = head[i] == '\n' && (i == 0 || head[i - 1] != '\r');
    const bool bare_cr = head[i] == '\r' && (i + 1 == head.size() || head[i + 1] != '\n');
    if (bare_lf || bare_cr || head[i] == '\0') {
      return "written head has an unclean byte: " + escape(head);
    }
  }
  const bool both = head.find("\r\ntransfer-encoding:") != std::string_view::npos &&
                    head.find("\r\ncontent-length:") != std::string_view::npos;
  const bool ends = head.find("\r\n\r\n") == head.size() - 4;
  return both || !ends ? "written head is framed wrongly: " + escape(head) : std::string();
}

class ServerRun final : public ServerCodecEvents {
 public:
  ServerRun(const Case& test, Outcome& outcome)
      : test_(test), outcome_(outcome), codec_(make_http1_server_codec(*this, test.limits)) {}

  void run(const Cutter& cutter) {
    std::string pending;
    size_t next = 0;
    while (next < test_.input.size()) {
      const size_t size = std::min(cutter(test_.input.size() - next), test_.input.size() - next);
      pending.append(test_.input, next, size);
      next += size;
      pending.erase(0, codec_->feed(pending));
    }
    if (codec_->finished()) {
      text_.line("close");
    }
    outcome_.events = text_.take();
  }

  void on_request_head(StreamId stream, HeaderMap&& headers, const RequestFacts& facts) override {
    std::swap(headers_, headers);
    const auto part = [&](std::string_view name) {
      return escape(headers_.get(name).value_or("?"));
    };
    text_.line("head " + part(kMethod) + " " + part(kPath) + " " + part(kAuthority) +
               (facts.protocol == Protocol::Http10 ? " 1.0" : "") +
               (facts.expect_continue ? " continue" : "") + (facts.end_stream ? " end" : ""));
    text_.fields("field", headers_);
    write_upstream(facts.end_stream);
    if (test_.answer_at_head != 0) {
      answer(stream, test_.answer_at_head);
    }
  }
  void on_request_data(StreamId, std::string_view data) override {
    if (data.empty()) {
      outcome_.faults.emplace_back("an empty data event");
    }
    text_.data(data);
  }
  void on_request_trailers(StreamId, HeaderMap&& trailers) override {
    text_.fields("trailer", trailers);
  }
  void on_request_end(StreamId stream) override {
    text_.line("end");
    if (test_.answer_at_head == 0) {
      answer(stream, 200);
    }
  }
  void on_stream_reset(StreamId) override { outcome_.faults.emplace_back("a reset in HTTP/1"); }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    text_.refusal(refusal);
    answer(stream, refusal.status);
    if (!codec_->finished()) {
      outcome_.faults.emplace_back("the connection goes on after a refusal");
    }
  }

 private:
  void answer(StreamId stream, int status) {
    HeaderMap headers;
    set_status(headers, status);
    codec_->write_head(stream, headers, true, out_);
    out_.clear();
  }

  /// What an upstream would get of this head.
  void write_upstream(bool end_stream) {
    class Nothing final : public ClientCodecEvents {
     public:
      void on_interim(StreamId, HeaderMap&&) override {}
      void on_response_head(StreamId, HeaderMap&&, bool) override {}
      void on_response_data(StreamId, std::string_view) override {}
      void on_response_trailers(StreamId, HeaderMap&&) override {}
      void on_response_end(StreamId) override {}
      void on_stream_reset(StreamId) override {}
      void on_refusal(StreamId, const Refusal&) override {}
    } nothing;
    HeaderMap copy;
    copy.assign(headers_);
    if (copy.get(kAuthority)->empty()) {
      copy.set(kAuthority, "default");  // HTTP/1.0 without Host
    }
    if (const Refusal refusal = check_request_head_for_encoding(copy)) {
      outcome_.faults.push_back("an accepted head fails the check: " + std::string(refusal.reason));
      return;
    }
    Buffer wire;
    make_http1_client_codec(nothing, default_response_limits())->write_head(copy, end_stream, wire);
    std::string head(wire.view());
    if (const std::string fault = unclean(head); !fault.empty()) {
      outcome_.faults.push_back(fault);
    }
    compare_again(copy, head);
    outcome_.request_heads.push_back(std::move(head));
  }

  /// Reading what was written gives the same head.
  void compare_again(const HeaderMap& headers, const std::string& head) {
    std::string again = read_again(head);
    std::string expected = "head " + escape(*headers.get(kMethod)) + " " +
                           escape(*headers.get(kPath)) + " " + escape(*headers.get(kAuthority));
    if (!again.starts_with(expected)) {
      outcome_.faults.push_back("read again: " + again + "instead of: " + expected);
    }
    for (const HeaderField& field : headers.fields()) {
      const std::string line =
          "field " + std::string(field.name) + ": " + escape(field.value) + "\n";
      if (!field.name.starts_with(':') && field.name != kContentLength &&
          again.find(line) == std::string::npos) {
        outcome_.faults.push_back("lost: " + line);
      }
    }
  }

  const Case& test_;
  Outcome& outcome_;
  std::unique_ptr<ServerCodec> codec_;
  EventText text_;
  HeaderMap headers_;
  Buffer out_;
};

/// Reads one head and says only that.
class HeadOnly final : public ServerCodecEvents {
 public:
  void on_request_head(StreamId, HeaderMap&& headers, const RequestFacts&) override {
    text.line("head " + escape(*headers.get(kMethod)) + " " + escape(*headers.get(kPath)) + " " +
              escape(*headers.get(kAuthority)));
    text.fields("field", headers);
  }
  void on_request_data(StreamId, std::string_view) override {}
  void on_request_trailers(StreamId, HeaderMap&&) override {}
  void on_request_end(StreamId) override {}
  void on_stream_reset(StreamId) override {}
  void on_refusal(StreamId, const Refusal& refusal) override { text.refusal(refusal); }

  EventText text;
};

class ClientRun final : public ClientCodecEvents {
 public:
  ClientRun(const Case& test, Outcome& outcome)
      : test_(test), outcome_(outcome), codec_(make_http1_client_codec(*this, test.limits)) {}

  void run(const Cutter& cutter) {
    send_request();
    size_t next = 0;
    while (next < test_.input.size()) {
      const size_t size = std::min(cutter(test_.input.size() - next), test_.input.size() - next);
      if (codec_->feed(std::string_view(test_.input).substr(next, size), out_) != size) {
        outcome_.faults.emplace_back("not all bytes were used");
      }
      next += size;
    }
    if (test_.eof) {
      codec_->on_eof();
    }
    if (!codec_->reusable()) {
      text_.line("close");
    }
    outcome_.events = text_.take();
  }

  void on_interim(StreamId, HeaderMap&& headers) override {
    text_.line("interim " + std::to_string(status_of(headers)));
    text_.fields("field", headers);
  }
  void on_response_head(StreamId, HeaderMap&& headers, bool end_stream) override {
    text_.line("head " + std::to_string(status_of(headers)) + (end_stream ? " end" : ""));
    text_.fields("field", headers);
    if (check_response_head_for_encoding(headers)) {
      outcome_.faults.emplace_back("an accepted head fails the check");
    }
  }
  void on_response_data(StreamId, std::string_view data) override { text_.data(data); }
  void on_response_trailers(StreamId, HeaderMap&& trailers) override {
    text_.fields("trailer", trailers);
  }
  void on_response_end(StreamId) override { text_.line("end"); }
  void on_stream_reset(StreamId) override { outcome_.faults.emplace_back("a reset in HTTP/1"); }
  void on_refusal(StreamId, const Refusal& refusal) override {
    text_.refusal(refusal);
    if (codec_->reusable()) {
      outcome_.faults.emplace_back("reusable after a refusal");
    }
  }

 private:
  void send_request() {
    HeaderMap headers;
    headers.add(kMethod, test_.method);
    headers.add(kPath, "/");
    headers.add(kAuthority, "upstream");
    codec_->write_head(headers, true, out_);
  }

  const Case& test_;
  Outcome& outcome_;
  std::unique_ptr<ClientCodec> codec_;
  EventText text_;
  Buffer out_;
};

}  // namespace

Outcome run_requests(const Case& test, const Cutter& cutter) {
  Outcome outcome;
  ServerRun(test, outcome).run(cutter);
  return outcome;
}

Outcome run_response(const Case& test, const Cutter& cutter) {
  Outcome outcome;
  ClientRun(test, outcome).run(cutter);
  return outcome;
}

std::string read_again(const std::string& request_head) {
  HeadOnly events;
  MessageLimits limits;
  limits.header_bytes = 1 << 20;
  limits.header_count = 1000;
  make_http1_server_codec(events, limits)->feed(request_head);
  return events.text.take();
}

}  // namespace wasmgate::http::conformance
