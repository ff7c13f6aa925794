#include "frame_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/buffer.h"
#include "base/clock.h"
#include "http/http2/http2_client_codec.h"
#include "http/http2/http2_server_codec.h"
#include "http/rules/head_checks.h"

namespace wasmgate::http::conformance {
namespace {

/// Events as lines; pieces of one stream's content are joined while nothing else happens.
class FrameEvents {
 public:
  void line(const std::string& text) {
    flush();
    text_ += text + "\n";
  }
  void data(StreamId stream, std::string_view piece) {
    if (stream != data_stream_) {
      flush();
    }
    data_stream_ = stream;
    data_.append(piece);
  }
  void fields(const char* word, const HeaderMap& headers) {
    for (const HeaderField& field : headers.fields()) {
      if (!field.name.starts_with(':')) {
        line(std::string(word) + " " + std::string(field.name) + ": " + escape(field.value));
      }
    }
  }
  void refusal(StreamId stream, const Refusal& refusal) {
    line("refusal " + std::to_string(stream) + " " + std::to_string(refusal.status) + " " +
         std::to_string(refusal.rule) + " " + std::string(refusal.reason));
  }
  std::string take() {
    flush();
    return std::move(text_);
  }

 private:
  void flush() {
    if (data_stream_ != 0) {
      const bool is_long = data_.size() > 80;
      text_ += "data " + std::to_string(data_stream_) + " " +
               (is_long ? std::to_string(data_.size()) + " bytes" : escape(data_)) + "\n";
    }
    data_stream_ = 0;
    data_.clear();
  }

  std::string text_;
  std::string data_;
  StreamId data_stream_ = 0;
};

/// Takes the codec's output apart and keeps the frames that matter.
class SentFrames {
 public:
  void take(Buffer& out, bool preface) {
    bytes_.append(out.view());
    out.clear();
    if (preface && !preface_cut_ && bytes_.size() >= kPrefaceBytes) {
      bytes_.erase(0, kPrefaceBytes);
      preface_cut_ = true;
    }
    size_t at = 0;
    while (bytes_.size() - at >= kHeaderBytes) {
      const size_t length = number(at, 3);
      if (bytes_.size() - at < kHeaderBytes + length) {
        break;
      }
      look(at, length);
      at += kHeaderBytes + length;
    }
    bytes_.erase(0, at);
  }

  /// The lines. A GOAWAY with an error stands for all resets: whether they left before it depends
  /// on the cuts.
  std::string take_text() const { return doomed_.empty() ? text_ : doomed_; }
  size_t data_bytes = 0;
  bool whole() const { return bytes_.empty(); }

 private:
  static constexpr size_t kHeaderBytes = 9;
  static constexpr size_t kPrefaceBytes = 24;

  size_t number(size_t at, size_t size) const {
    size_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    }
    return value;
  }

  void look(size_t at, size_t length) {
    const auto type = static_cast<unsigned char>(bytes_[at + 3]);
    const size_t payload = at + kHeaderBytes;
    if (type == 0) {
      data_bytes += length;
    } else if (type == 3) {
      text_ += "sent rst " + std::to_string(number(at + 5, 4)) + " " +
               std::to_string(number(payload, 4)) + "\n";
    } else if (type == 7) {
      const size_t code = number(payload + 4, 4);
      const std::string line =
          "sent goaway " + std::to_string(number(payload, 4)) + " " + std::to_string(code) + "\n";
      text_ += line;
      doomed_ += code != 0 ? line : "";
    }
  }

  std::string text_;
  std::string doomed_;
  std::string bytes_;
  bool preface_cut_ = false;
};

/// What both sides share: feeding, time, and the checks of the order of events.
class FrameRun {
 public:
  FrameRun(const FrameCase& test, FrameOutcome& outcome) : test_(test), outcome_(outcome) {}
  virtual ~FrameRun() = default;

  void run(const Cutter& cutter) {
    start();
    for (const Step& step : test_.steps) {
      size_t next = 0;
      while (next < step.bytes.size()) {
        const size_t size = std::min(cutter(step.bytes.size() - next), step.bytes.size() - next);
        give(std::string_view(step.bytes).substr(next, size));
        sent_.take(out_, !test_.client_method.empty());
        next += size;
      }
      clock_.advance(std::chrono::milliseconds(step.wait_ms));
    }
    finish();
    sent_.take(out_, !test_.client_method.empty());
    if (!sent_.whole()) {
      outcome_.faults.emplace_back("a frame was sent in part");
    }
    outcome_.events = text_.take() + sent_.take_text() + (wants_to_close() ? "close\n" : "");
    if (sent_.data_bytes > 0) {
      outcome_.events += "sent data " + std::to_string(sent_.data_bytes) + "\n";
    }
  }

 protected:
  virtual void start() = 0;
  virtual void give(std::string_view bytes) = 0;
  virtual void finish() = 0;
  virtual bool wants_to_close() const = 0;

  void opened(StreamId stream) {
    if (!live_.insert(stream).second) {
      outcome_.faults.push_back("a second head on stream " + std::to_string(stream));
    }
  }
  void alive(StreamId stream, const char* event) {
    if (!live_.contains(stream)) {
      outcome_.faults.push_back(std::string(event) +
                                " on a stream that is over: " + std::to_string(stream));
    }
  }
  void over(StreamId stream) { live_.erase(stream); }

  const FrameCase& test_;
  FrameOutcome& outcome_;
  ManualClock clock_;
  FrameEvents text_;
  SentFrames sent_;
  Buffer out_;
  std::set<StreamId> live_;
};

class ServerFrames final : public FrameRun, private ServerCodecEvents {
 public:
  ServerFrames(const FrameCase& test, FrameOutcome& outcome)
      : FrameRun(test, outcome),
        codec_(make_http2_server_codec(*this, test.limits, test.http2_limits, clock_)) {}

 private:
  void start() override {}
  void give(std::string_view bytes) override {
    codec_->feed(bytes);
    codec_->flush(out_);
  }
  void finish() override { codec_->flush(out_); }
  bool wants_to_close() const override { return codec_->finished(); }

  void on_request_head(StreamId stream, HeaderMap&& headers, const RequestFacts& facts) override {
    opened(stream);
    HeaderMap kept;
    std::swap(kept, headers);
    const auto part = [&](std::string_view name) {
      return " " + escape(kept.get(name).value_or("?"));
    };
    text_.line("head " + std::to_string(stream) + part(kMethod) + part(kPath) + part(kAuthority) +
               (facts.expect_continue ? " continue" : "") + (facts.end_stream ? " end" : ""));
    text_.fields("field", kept);
    if (check_request_head_for_encoding(kept)) {
      outcome_.faults.emplace_back("an accepted head fails the check");
    }
    if (test_.pause) {
      codec_->pause(stream);
    }
    if (test_.answer == Answer::AtHead) {
      answer(stream, 200);
    }
  }
  void on_request_data(StreamId stream, std::string_view data) override {
    alive(stream, "data");
    text_.data(stream, data);
  }
  void on_request_trailers(StreamId stream, HeaderMap&& trailers) override {
    alive(stream, "trailers");
    text_.fields("trailer", trailers);
  }
  void on_request_end(StreamId stream) override {
    alive(stream, "end");
    text_.line("end " + std::to_string(stream));
    if (test_.answer == Answer::AtEnd) {
      answer(stream, 200);
    }
  }
  void on_stream_reset(StreamId stream) override {
    alive(stream, "reset");
    over(stream);
    text_.line("reset " + std::to_string(stream));
  }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    text_.refusal(stream, refusal);
    if (stream != 0) {
      answer(stream, refusal.status);
    }
  }

  void answer(StreamId stream, int status) {
    HeaderMap headers;
    set_status(headers, status);
    codec_->write_head(stream, headers, test_.body_bytes == 0, out_);
    if (test_.body_bytes > 0) {
      codec_->write_data(stream, std::string(test_.body_bytes, 'b'), true, out_);
    }
  }

  std::unique_ptr<ServerCodec> codec_;
};

class ClientFrames final : public FrameRun, private ClientCodecEvents {
 public:
  ClientFrames(const FrameCase& test, FrameOutcome& outcome)
      : FrameRun(test, outcome),
        codec_(make_http2_client_codec(*this, test.limits, test.http2_limits, clock_)) {}

 private:
  void start() override {
    HeaderMap headers;
    headers.add(kMethod, test_.client_method);
    headers.add(kScheme, "http");
    headers.add(kPath, "/");
    headers.add(kAuthority, "upstream");
    const StreamId stream = codec_->write_head(headers, test_.body_bytes == 0, out_);
    opened(stream);
    if (test_.body_bytes > 0) {
      codec_->write_data(stream, std::string(test_.body_bytes, 'b'), true, out_);
    }
  }
  void give(std::string_view bytes) override { codec_->feed(bytes, out_); }
  void finish() override {
    if (test_.eof) {
      codec_->on_eof();
    }
    codec_->flush(out_);
  }
  bool wants_to_close() const override { return !codec_->reusable(); }

  void on_interim(StreamId stream, HeaderMap&& headers) override {
    alive(stream, "interim");
    text_.line("interim " + std::to_string(stream) + " " + std::to_string(status_of(headers)));
    text_.fields("field", headers);
  }
  void on_response_head(StreamId stream, HeaderMap&& headers, bool end_stream) override {
    alive(stream, "head");
    text_.line("head " + std::to_string(stream) + " " + std::to_string(status_of(headers)) +
               (end_stream ? " end" : ""));
    text_.fields("field", headers);
  }
  void on_response_data(StreamId stream, std::string_view data) override {
    alive(stream, "data");
    text_.data(stream, data);
  }
  void on_response_trailers(StreamId stream, HeaderMap&& trailers) override {
    alive(stream, "trailers");
    text_.fields("trailer", trailers);
  }
  void on_response_end(StreamId stream) override {
    alive(stream, "end");
    over(stream);
    text_.line("end " + std::to_string(stream));
  }
  void on_stream_reset(StreamId stream) override {
    alive(stream, "reset");
    over(stream);
    text_.line("reset " + std::to_string(stream));
  }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    over(stream);
    text_.refusal(stream, refusal);
  }

  std::unique_ptr<ClientCodec> codec_;
};

}  // namespace

FrameOutcome run_frames(const FrameCase& test, const Cutter& cutter) {
  FrameOutcome outcome;
  if (test.client_method.empty()) {
    ServerFrames(test, outcome).run(cutter);
  } else {
    ClientFrames(test, outcome).run(cutter);
  }
  return outcome;
}

}  // namespace wasmgate::http::conformance
