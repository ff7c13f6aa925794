#include "http/http1/http1_server_codec.h"

#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <memory>
#include <string>

namespace wasmgate::http {
namespace {

/// Records events as words; can act from inside an event.
class ServerRecorder final : public ServerCodecEvents {
 public:
  void on_request_head(StreamId stream, HeaderMap&& headers, const RequestFacts& facts) override {
    std::swap(kept, headers);
    log += "head" + std::to_string(stream) + (facts.end_stream ? "e " : " ");
    expects_continue = facts.expect_continue;
    if (on_head) {
      on_head(stream);
    }
  }
  void on_request_data(StreamId stream, std::string_view data) override {
    log.append("data:").append(data).append(" ");
    if (on_data) {
      on_data(stream);
    }
  }
  void on_request_trailers(StreamId, HeaderMap&& trailers) override {
    log += "trailers" + std::to_string(trailers.size()) + " ";
  }
  void on_request_end(StreamId stream) override { log += "end" + std::to_string(stream) + " "; }
  void on_stream_reset(StreamId) override { log += "reset "; }
  void on_refusal(StreamId stream, const Refusal& refusal) override {
    log += "refusal" + std::to_string(stream) + ":" + std::to_string(refusal.status) + " ";
  }

  std::string log;
  HeaderMap kept;
  bool expects_continue = false;
  std::function<void(StreamId)> on_head;
  std::function<void(StreamId)> on_data;
};

class Http1Server : public testing::Test {
 protected:
  /// Feeds everything that the codec takes; returns how much that was.
  size_t feed(std::string_view bytes) { return codec->feed(bytes); }

  std::string written() {
    std::string text(out.view());
    out.clear();
    return text;
  }

  static HeaderMap response(std::string_view status) {
    HeaderMap headers;
    headers.add(kStatus, status);
    return headers;
  }

  MessageLimits limits;
  ServerRecorder events;
  Buffer out;
  std::unique_ptr<ServerCodec> codec = make_http1_server_codec(events, limits);
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";

TEST_F(Http1Server, LowersNamesOfEveryLength) {
  for (size_t size = 1; size <= 26; ++size) {
    for (size_t place = 0; place < size; ++place) {
      for (const char c : {'A', 'Z', '9', '-', '_', '~', '^'}) {
        std::string name(size, 'X');
        name[place] = c;
        std::string lower(size, 'x');
        lower[place] = static_cast<char>(std::tolower(c));
        codec = make_http1_server_codec(events, limits);
        feed("GET / HTTP/1.1\r\nHost: a\r\n" + name + ":v\r\n\r\n");
        ASSERT_EQ(events.kept.get(lower), "v") << name;
        ASSERT_EQ(events.kept.fields().back().name, lower);
      }
    }
  }
}

TEST_F(Http1Server, RefusesEveryByteThatNoNameHas) {
  for (size_t size = 1; size <= 18; ++size) {
    for (size_t place = 0; place < size; ++place) {
      for (const char c : {'\0', ' ', '\t', '(', '@', '[', '\x7f', '\x80', '\xff'}) {
        std::string name(size, 'x');
        name[place] = c;
        codec = make_http1_server_codec(events, limits);
        events.log.clear();
        feed("GET / HTTP/1.1\r\nHost: a\r\n" + name + ":v\r\n\r\n");
        ASSERT_EQ(events.log.find("refusal"), 0U)
            << size << " " << place << " " << static_cast<int>(c);
      }
    }
  }
}

TEST_F(Http1Server, PutsPseudoHeadersFirst) {
  feed("GET /a?b HTTP/1.1\r\nX: y\r\nHost: example.com\r\n\r\n");
  ASSERT_EQ(events.kept.size(), 5U);
  EXPECT_EQ(events.kept.fields()[0].name, kMethod);
  EXPECT_EQ(events.kept.get(kPath), "/a?b");
  EXPECT_EQ(events.kept.get(kAuthority), "example.com");
  EXPECT_EQ(events.kept.get(kScheme), "http");
  EXPECT_EQ(events.kept.fields()[4].name, "x");
}

TEST_F(Http1Server, HoldsThePipelinedRequestUntilTheResponseIsComplete) {
  const std::string two = std::string(kGet) + std::string(kGet);
  EXPECT_EQ(feed(two), kGet.size());
  EXPECT_EQ(feed(kGet), 0U);
  codec->write_head(1, response("200"), false, out);
  EXPECT_EQ(feed(kGet), 0U);
  codec->write_data(1, "x", true, out);
  EXPECT_EQ(feed(kGet), kGet.size());
  EXPECT_EQ(events.log, "head1e end1 head2e end2 ");
}

TEST_F(Http1Server, AnswersFromInsideTheHeadEventAndGoesOn) {
  events.on_head = [&](StreamId stream) { codec->write_head(stream, response("200"), true, out); };
  const std::string two = std::string(kGet) + std::string(kGet);
  EXPECT_EQ(feed(two), two.size());
  EXPECT_EQ(events.log, "head1e end1 head2e end2 ");
  EXPECT_TRUE(codec->idle());
}

TEST_F(Http1Server, ClosesWhenTheAnswerEndsBeforeTheRequest) {
  events.on_head = [&](StreamId stream) { codec->write_head(stream, response("403"), true, out); };
  const std::string smuggled = std::string(kPost) + std::string(kGet);
  EXPECT_EQ(feed(smuggled), smuggled.size());
  EXPECT_EQ(events.log, "head1 ");
  EXPECT_TRUE(codec->finished());
  EXPECT_NE(written().find("connection: close\r\n"), std::string::npos);
}

TEST_F(Http1Server, AnswersARefusalOnStreamZeroAndCloses) {
  constexpr std::string_view kBad = "GET / HTTP/1.1\nHost: a\r\n\r\n";
  EXPECT_EQ(feed(kBad), kBad.size());
  EXPECT_EQ(events.log, "refusal0:400 ");
  HeaderMap headers = response("400");
  headers.add(kContentLength, "2");
  codec->write_head(0, headers, false, out);
  codec->write_data(0, "no", true, out);
  EXPECT_EQ(written(),
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
  EXPECT_TRUE(codec->finished());
  EXPECT_EQ(feed(kGet), kGet.size());
  EXPECT_EQ(events.log, "refusal0:400 ");
}

TEST_F(Http1Server, FramesUnknownLengthByChunks) {
  feed(kGet);
  codec->write_head(1, response("200"), false, out);
  codec->write_data(1, "hello world, hello", false, out);
  codec->write_data(1, "", true, out);
  EXPECT_EQ(
      written(),
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n12\r\nhello world, hello\r\n0\r\n\r\n");
  EXPECT_TRUE(codec->idle());
}

TEST_F(Http1Server, WritesTrailersOnlyInChunks) {
  feed(kGet);
  HeaderMap trailers;
  trailers.add("grpc-status", "0");
  trailers.add("content-length", "3");
  codec->write_head(1, response("200"), false, out);
  codec->write_trailers(1, trailers, out);
  EXPECT_EQ(written(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\ngrpc-status: 0\r\n\r\n");
  feed(kGet);
  HeaderMap headers = response("200");
  headers.add(kContentLength, "1");
  codec->write_head(2, headers, false, out);
  codec->write_data(2, "x", false, out);
  codec->write_trailers(2, trailers, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
  EXPECT_FALSE(codec->finished());
}

TEST_F(Http1Server, CutsABodyLongerThanAnnouncedAndCloses) {
  feed(kGet);
  HeaderMap headers = response("200");
  headers.add(kContentLength, "2");
  codec->write_head(1, headers, false, out);
  codec->write_data(1, "abcd", true, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab");
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, ClosesAfterABodyShorterThanAnnounced) {
  feed(kGet);
  HeaderMap headers = response("200");
  headers.add(kContentLength, "4");
  codec->write_head(1, headers, false, out);
  codec->write_data(1, "ab", true, out);
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, NeverWritesABodyToHead) {
  feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  HeaderMap headers = response("200");
  headers.add(kContentLength, "4");
  codec->write_head(1, headers, false, out);
  codec->write_data(1, "body", true, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
  EXPECT_TRUE(codec->idle());
}

TEST_F(Http1Server, NeverFrames204And304) {
  feed(kGet);
  HeaderMap headers = response("204");
  headers.add(kContentLength, "0");
  codec->write_head(1, headers, true, out);
  EXPECT_EQ(written(), "HTTP/1.1 204 No Content\r\n\r\n");
  feed(kGet);
  headers = response("304");
  headers.add(kContentLength, "7");
  codec->write_head(2, headers, true, out);
  EXPECT_EQ(written(), "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n");
}

TEST_F(Http1Server, EndsBodiesForOldClientsByClosing) {
  feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  codec->write_head(1, response("200"), false, out);
  codec->write_data(1, "x", false, out);
  codec->write_data(1, "y", true, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nxy");
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, KeepsAnOldClientThatAsks) {
  feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  codec->write_head(1, response("200"), true, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(codec->idle());
  feed("GET / HTTP/1.0\r\n\r\n");
  codec->write_head(2, response("200"), true, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, NeverWritesFramingOrUncleanFieldsFromTheMap) {
  feed(kGet);
  HeaderMap headers = response("200");
  headers.add("transfer-encoding", "chunked");
  headers.add("connection", "x");
  headers.add("x-split", "a\r\nset-cookie: b");
  headers.add("bad name", "v");
  headers.add("x-nul", std::string_view("a\0b", 3));
  headers.add("x-good", "v");
  codec->write_head(1, headers, true, out);
  EXPECT_EQ(written(), "HTTP/1.1 200 OK\r\nx-good: v\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(Http1Server, StopsReadingTheBodyWhilePaused) {
  events.on_data = [&](StreamId stream) { codec->pause(stream); };
  feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(feed("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), 5U);
  EXPECT_EQ(feed("\r\n1\r\nc\r\n0\r\n\r\n"), 0U);
  codec->resume(1);
  EXPECT_EQ(feed("\r\n1\r\nc\r\n0\r\n\r\n"), 6U);
  codec->resume(1);
  EXPECT_EQ(feed("\r\n0\r\n\r\n"), 7U);
  EXPECT_EQ(events.log, "head1 data:ab data:c end1 ");
}

TEST_F(Http1Server, AnnouncesTheEndWhenDraining) {
  feed(kGet);
  codec->drain(out);
  EXPECT_FALSE(codec->finished());
  codec->write_head(1, response("200"), true, out);
  EXPECT_NE(written().find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, EndsAtOnceWhenDrainedIdle) {
  codec->drain(out);
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, IsNotIdleWithPartOfAHead) {
  EXPECT_TRUE(codec->idle());
  feed("\r\n");
  EXPECT_TRUE(codec->idle());
  feed("G");
  EXPECT_FALSE(codec->idle());
}

TEST_F(Http1Server, WritesContinueOnlyToHttp11) {
  feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(events.expects_continue);
  codec->write_interim(1, 100, out);
  EXPECT_EQ(written(), "HTTP/1.1 100 Continue\r\n\r\n");
  feed("abc");
  codec->write_head(1, response("200"), true, out);
  EXPECT_FALSE(codec->finished());
  feed(
      "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_FALSE(events.expects_continue);
  out.clear();
  codec->write_interim(2, 100, out);
  EXPECT_EQ(written(), "");
}

TEST_F(Http1Server, ClosesWhenTheFinalAnswerComesInsteadOfContinue) {
  feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  codec->write_head(1, response("200"), true, out);
  EXPECT_NE(written().find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, EndsAfterTheConfiguredNumberOfRequests) {
  limits.requests_per_connection = 2;
  codec = make_http1_server_codec(events, limits);
  feed(kGet);
  codec->write_head(1, response("200"), true, out);
  EXPECT_FALSE(codec->finished());
  feed(kGet);
  codec->write_head(2, response("200"), true, out);
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, RefusesHeadsOverTheByteLimitAtTheLimit) {
  limits.header_bytes = 64;
  codec = make_http1_server_codec(events, limits);
  feed("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  const std::string_view head_so_far = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  feed(std::string(64 - head_so_far.size(), 'v'));
  EXPECT_EQ(events.log, "");
  feed("v");
  EXPECT_EQ(events.log, "refusal0:431 ");
}

TEST_F(Http1Server, CountsFieldsThatItDropsToo) {
  limits.header_count = 3;
  codec = make_http1_server_codec(events, limits);
  feed("GET / HTTP/1.1\r\nHost: a\r\nTE: x\r\nUpgrade: y\r\n\r\n");
  EXPECT_EQ(events.log, "head1e end1 ");
  codec = make_http1_server_codec(events, limits);
  events.log.clear();
  feed("GET / HTTP/1.1\r\nHost: a\r\nTE: x\r\nUpgrade: y\r\nZ: 1\r\n\r\n");
  EXPECT_EQ(events.log, "refusal0:431 ");
}

TEST_F(Http1Server, IgnoresWritesToAStreamThatIsOver) {
  feed(kGet);
  codec->write_head(1, response("200"), true, out);
  out.clear();
  codec->write_head(1, response("200"), true, out);
  codec->write_data(1, "x", true, out);
  codec->write_head(0, response("200"), true, out);
  EXPECT_EQ(written(), "");
}

TEST_F(Http1Server, ResetEndsTheConnection) {
  feed(kGet);
  EXPECT_FALSE(codec->reset(1, out));
  EXPECT_TRUE(codec->finished());
}

TEST_F(Http1Server, DropsFoldingNamesWhenToldTo) {
  limits.underscore_fold_drop = true;
  codec = make_http1_server_codec(events, limits);
  feed("GET / HTTP/1.1\r\nHost: a\r\nX_User: root\r\nx_free: 1\r\n\r\n");
  EXPECT_EQ(events.log, "head1e end1 ");
  EXPECT_FALSE(events.kept.contains("x_user"));
  EXPECT_TRUE(events.kept.contains("x_free"));
}

}  // namespace
}  // namespace wasmgate::http
