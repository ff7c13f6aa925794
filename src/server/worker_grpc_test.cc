#include "server/worker_grpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/grpc_frames.h"

namespace wasmgate::server {
namespace {

using ::testing::ElementsAre;

// ---- frames ----

TEST(GrpcFrame, HasAFlagAndABigEndianLength) {
  EXPECT_EQ(grpc_frame("abc"), std::string("\0\0\0\0\3abc", 8));
  EXPECT_EQ(grpc_frame(std::string(300, 'x')).substr(0, 5), std::string("\0\0\0\1\x2c", 5));
}

TEST(GrpcFrameReader, FindsMessagesInPiecesOfAnySize) {
  const std::string body = grpc_frame("one") + grpc_frame("") + grpc_frame("three");
  for (size_t piece = 1; piece <= body.size(); ++piece) {
    GrpcFrameReader reader(100);
    std::vector<std::string> messages;
    for (size_t at = 0; at < body.size(); at += piece) {
      reader.feed(std::string_view(body).substr(at, piece));
      std::string message;
      while (reader.next(message) == GrpcFrameReader::Outcome::Message) {
        messages.push_back(message);
      }
    }
    EXPECT_THAT(messages, ElementsAre("one", "", "three")) << piece;
    EXPECT_FALSE(reader.cut());
  }
}

TEST(GrpcFrameReader, RefusesCompressedAndLargeMessagesBeforeTheyArrive) {
  std::string message;
  GrpcFrameReader compressed(100);
  compressed.feed(std::string("\1\0\0\0\3", 5));
  EXPECT_EQ(compressed.next(message), GrpcFrameReader::Outcome::Compressed);
  GrpcFrameReader large(100);
  large.feed(std::string("\0\0\0\0\x65", 5));
  EXPECT_EQ(large.next(message), GrpcFrameReader::Outcome::TooLarge);
  GrpcFrameReader huge(100);
  huge.feed(std::string("\0\xff\xff\xff\xff", 5));
  EXPECT_EQ(huge.next(message), GrpcFrameReader::Outcome::TooLarge);
}

http::HeaderMap map_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  http::HeaderMap map;
  for (const auto& [name, value] : fields) {
    map.add(name, value);
  }
  return map;
}

TEST(GrpcStatus, IsANumberUpTo16) {
  EXPECT_EQ(grpc_status_of(map_of({{"grpc-status", "0"}})), 0U);
  EXPECT_EQ(grpc_status_of(map_of({{"grpc-status", "16"}})), 16U);
  for (const char* bad : {"17", "x", "", "-1", "1x", "99999999999"}) {
    EXPECT_EQ(grpc_status_of(map_of({{"grpc-status", bad}})), kGrpcUnknown) << bad;
  }
  EXPECT_EQ(grpc_status_of(map_of({})), std::nullopt);
}

TEST(GrpcMessage, UndoesPercentEscapes) {
  EXPECT_EQ(grpc_message_of(map_of({{"grpc-message", "a%20b%C3%a4%"}})), "a b\xC3\xA4%");
  EXPECT_EQ(grpc_message_of(map_of({{"grpc-message", "%zz%4"}})), "%zz%4");
  EXPECT_EQ(grpc_message_of(map_of({})), "");
}

// ---- calls ----

class FakeClient final : public proxy::AsyncClient {
 public:
  class Stream final : public proxy::AsyncStream {
   public:
    explicit Stream(FakeClient& owner) : owner_(owner) {}
    ~Stream() override { owner_.gone = true; }
    void send(std::string_view data, bool end) override {
      owner_.sent.push_back(std::string(data) + (end ? "." : ""));
    }

   private:
    FakeClient& owner_;
  };

  bool has_cluster(std::string_view) const override { return true; }
  Result<std::unique_ptr<proxy::AsyncCall>> send(proxy::AsyncRequest, Handler) override {
    return fail(ErrorCode::Internal, "no");
  }
  Result<std::unique_ptr<proxy::AsyncStream>> open(proxy::AsyncStreamRequest wanted,
                                                   proxy::AsyncStreamEvents& to) override {
    if (refuse) {
      return fail(*refuse, "refused");
    }
    request = std::move(wanted);
    events = &to;
    return std::unique_ptr<proxy::AsyncStream>(std::make_unique<Stream>(*this));
  }
  std::vector<std::pair<std::string, bool>> endpoints(std::string_view) const override {
    return {};
  }

  proxy::AsyncStreamRequest request;
  proxy::AsyncStreamEvents* events = nullptr;
  std::optional<ErrorCode> refuse;
  std::vector<std::string> sent;
  bool gone = false;
};

class WorkerGrpc : public ::testing::Test, protected wasm::GrpcEvents {
 protected:
  void start(uint32_t timeout_ms = 0) {
    http::HeaderMap metadata = map_of({{"x-user", "me"}, {"content-type", "text/plain"}});
    wasm::GrpcCall call;
    call.cluster = "outbound|80||auth.dns";
    call.service = "pkg.Auth";
    call.method = "Check";
    call.initial_metadata = &metadata;
    call.timeout = std::chrono::milliseconds(timeout_ms);
    call.message_limit_bytes = 1000;
    started = start_grpc(client, call, *this, stream);
  }
  void head(std::initializer_list<std::pair<std::string_view, std::string_view>> fields,
            bool end = false) {
    http::HeaderMap map = map_of(fields);
    client.events->on_stream_head(map, end);
  }
  void good_head() { head({{":status", "200"}, {"content-type", "application/grpc+proto"}}); }
  void trailers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    http::HeaderMap map = map_of(fields);
    client.events->on_stream_trailers(map);
  }

  void on_initial_metadata(http::HeaderMap& map) override {
    note("initial " + std::to_string(map.size()));
  }
  void on_message(std::string_view message) override { note("message " + std::string(message)); }
  void on_trailing_metadata(http::HeaderMap& map) override {
    note("trailing " + std::to_string(map.size()));
  }
  void on_close(uint32_t status, std::string_view message) override {
    note("close " + std::to_string(status) + " " + std::string(message));
  }
  void note(std::string what) {
    told.push_back(std::move(what));
    if (told.size() == drop_after) {
      stream.reset();
    }
  }

  FakeClient client;
  std::unique_ptr<wasm::GrpcStream> stream;
  wasm::CallStart started{};
  std::vector<std::string> told;
  size_t drop_after = SIZE_MAX;
};

TEST_F(WorkerGrpc, SendsAGrpcHeadAndFramedMessages) {
  start(1500);
  ASSERT_EQ(started, wasm::CallStart::Started);
  const auto& headers = client.request.headers;
  EXPECT_EQ(headers.get(":method"), "POST");
  EXPECT_EQ(headers.get(":path"), "/pkg.Auth/Check");
  EXPECT_EQ(headers.get(":authority"), "auth.dns");
  EXPECT_EQ(headers.get("te"), "trailers");
  EXPECT_EQ(headers.get("content-type"), "application/grpc") << "the host's, not the guest's";
  EXPECT_EQ(headers.get("grpc-timeout"), "1500m");
  EXPECT_EQ(headers.get("x-user"), "me");
  stream->send("ab", false);
  stream->close();
  EXPECT_THAT(client.sent, ElementsAre(grpc_frame("ab"), "."));
}

TEST_F(WorkerGrpc, TellsAStreamInOrder) {
  start();
  EXPECT_FALSE(client.request.headers.contains("grpc-timeout"));
  good_head();
  client.events->on_stream_data(grpc_frame("a") + grpc_frame("b").substr(0, 3), false);
  client.events->on_stream_data(grpc_frame("b").substr(3), false);
  trailers({{"grpc-status", "5"}, {"grpc-message", "not%20here"}});
  EXPECT_THAT(told,
              ElementsAre("initial 2", "message a", "message b", "trailing 2", "close 5 not here"));
  EXPECT_TRUE(client.gone);
}

TEST_F(WorkerGrpc, UnderstandsTrailersOnly) {
  start();
  head({{":status", "200"}, {"grpc-status", "7"}, {"grpc-message", "denied"}}, true);
  EXPECT_THAT(told, ElementsAre("trailing 3", "close 7 denied"));
}

TEST_F(WorkerGrpc, MapsHttpStatuses) {
  for (const auto& [http, grpc] : std::initializer_list<std::pair<std::string, int>>{{"400", 13},
                                                                                     {"401", 16},
                                                                                     {"403", 7},
                                                                                     {"404", 12},
                                                                                     {"429", 14},
                                                                                     {"502", 14},
                                                                                     {"503", 14},
                                                                                     {"504", 14},
                                                                                     {"500", 2},
                                                                                     {"204", 2}}) {
    told.clear();
    start();
    head({{":status", http}, {"content-type", "application/grpc"}});
    EXPECT_THAT(told, ElementsAre("trailing 0", "close " + std::to_string(grpc) + " HTTP status " +
                                                    http + " without grpc-status"));
  }
}

TEST_F(WorkerGrpc, AnAnswerThatIsNoGrpcIsUnknown) {
  start();
  head({{":status", "200"}, {"content-type", "text/html"}});
  EXPECT_EQ(told.back(), "close 2 the answer's content-type is not application/grpc");
}

TEST_F(WorkerGrpc, AnAnswerWithoutTrailersIsUnknown) {
  start();
  good_head();
  client.events->on_stream_data(grpc_frame("a"), true);
  EXPECT_EQ(told.back(), "close 2 the answer ended without trailers");
}

TEST_F(WorkerGrpc, AnAnswerThatEndsInsideAMessageIsInternal) {
  start();
  good_head();
  client.events->on_stream_data(grpc_frame("abc").substr(0, 6), false);
  trailers({{"grpc-status", "0"}});
  EXPECT_EQ(told.back(), "close 13 the answer ended inside a message");
}

TEST_F(WorkerGrpc, LimitsMessages) {
  start();
  good_head();
  client.events->on_stream_data(grpc_frame(std::string(1001, 'x')), false);
  EXPECT_EQ(told.back(), "close 8 a message above the limit");
  EXPECT_TRUE(client.gone);
}

TEST_F(WorkerGrpc, NamesFailures) {
  for (const auto& [code, detail, grpc] :
       std::initializer_list<std::tuple<ErrorCode, std::string, int>>{
           {ErrorCode::Timeout, "timeout", 4},
           {ErrorCode::Timeout, "connect timeout", 14},
           {ErrorCode::Refused, "connection refused", 14},
           {ErrorCode::Unavailable, "reset", 14},
           {ErrorCode::Protocol, "protocol error", 13},
           {ErrorCode::LimitExceeded, "too much waits to be sent", 8}}) {
    start();
    client.events->on_stream_failure(Error(code, detail));
    EXPECT_EQ(told.back(), "close " + std::to_string(grpc) + " " + detail);
  }
}

TEST_F(WorkerGrpc, MayBeDestroyedByAnyOfItsEvents) {
  for (size_t after = 1; after <= 4; ++after) {
    told.clear();
    drop_after = after;
    start();
    good_head();
    if (stream != nullptr) {
      client.events->on_stream_data(grpc_frame("a") + grpc_frame("b"), false);
    }
    if (stream != nullptr) {
      trailers({{"grpc-status", "0"}});
    }
    EXPECT_EQ(told.size(), after);
    EXPECT_EQ(stream, nullptr);
  }
}

TEST_F(WorkerGrpc, RefusalsAreTold) {
  client.refuse = ErrorCode::NotFound;
  start();
  EXPECT_EQ(started, wasm::CallStart::UnknownCluster);
  client.refuse = ErrorCode::Unsupported;
  start();
  EXPECT_EQ(started, wasm::CallStart::NotStarted);
}

}  // namespace
}  // namespace wasmgate::server
