// What one HTTP/1 message costs the codecs: reading heads of two sizes whole and cut, writing heads
// both ways, chunked bodies, and a whole exchange as the proxy makes it. Bytes per second are of
// the messages on the wire.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "http/http1/http1_client_codec.h"
#include "http/http1/http1_server_codec.h"
#include "http/rules/forwarded.h"
#include "http/rules/head_checks.h"

namespace wasmgate::http {
namespace {

const std::string kSmall = "GET /1k HTTP/1.1\r\nHost: localhost:8080\r\n\r\n";

/// Fifteen fields, as a browser sends them.
const std::string kLarge =
    "GET /assets/app/main.js?v=20260101&session=9f86d081884c7d659a2feaa0c55ad015 HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://shop.example.com/catalog/items?page=3\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: sid=31d4d96e407aad42; theme=dark; "
    "cart=8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "If-None-Match: \"5d41402abc4b2a76b9719d911017c592\"\r\n"
    "Cache-Control: max-age=0\r\n"
    "Priority: u=0, i\r\n\r\n";

const std::string kResponse =
    "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: "
    "text/plain\r\n"
    "Content-Length: 1024\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: "
    "\"abc\"\r\n\r\n" +
    std::string(1024, 'x');

/// Keeps the head the way a stream does: by swapping maps.
class Server final : public ServerCodecEvents {
 public:
  void on_request_head(StreamId id, HeaderMap&& headers, const RequestFacts&) override {
    std::swap(head, headers);
    stream = id;
  }
  void on_request_data(StreamId, std::string_view data) override { bytes += data.size(); }
  void on_request_trailers(StreamId, HeaderMap&&) override {}
  void on_request_end(StreamId) override {}
  void on_stream_reset(StreamId) override {}
  void on_refusal(StreamId, const Refusal&) override { std::abort(); }

  HeaderMap head;
  StreamId stream = 0;
  size_t bytes = 0;
};

class Client final : public ClientCodecEvents {
 public:
  void on_interim(StreamId, HeaderMap&&) override {}
  void on_response_head(StreamId, HeaderMap&& headers, bool) override { std::swap(head, headers); }
  void on_response_data(StreamId, std::string_view data) override { bytes += data.size(); }
  void on_response_trailers(StreamId, HeaderMap&&) override {}
  void on_response_end(StreamId) override {}
  void on_stream_reset(StreamId) override {}
  void on_refusal(StreamId, const Refusal&) override { std::abort(); }

  HeaderMap head;
  size_t bytes = 0;
};

MessageLimits endless() {
  MessageLimits limits;
  limits.requests_per_connection = UINT64_MAX;
  return limits;
}

/// Reads `request` in pieces of `cut` bytes and answers it with an empty head.
void read_request(benchmark::State& state, const std::string& request, size_t cut) {
  Server events;
  const auto codec = make_http1_server_codec(events, endless());
  HeaderMap answer;
  set_status(answer, 204);
  Buffer out;
  for (auto _ : state) {
    for (size_t at = 0; at < request.size(); at += cut) {
      codec->feed(std::string_view(request).substr(at, cut));
    }
    codec->write_head(events.stream, answer, true, out);
    out.clear();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * request.size()));
}

void ReadSmallRequest(benchmark::State& state) { read_request(state, kSmall, kSmall.size()); }
void ReadLargeRequest(benchmark::State& state) { read_request(state, kLarge, kLarge.size()); }
void ReadLargeRequestInPieces(benchmark::State& state) { read_request(state, kLarge, 64); }
BENCHMARK(ReadSmallRequest);
BENCHMARK(ReadLargeRequest);
BENCHMARK(ReadLargeRequestInPieces);

/// The head of kLarge as the codec gives it.
HeaderMap large_head() {
  Server events;
  make_http1_server_codec(events, endless())->feed(kLarge);
  return std::move(events.head);
}

void WriteLargeRequest(benchmark::State& state) {
  Client events;
  const HeaderMap head = large_head();
  Buffer out;
  const auto codec = make_http1_client_codec(events, default_response_limits());
  for (auto _ : state) {
    codec->write_head(head, true, out);
    state.PauseTiming();
    out.clear();
    codec->feed("HTTP/1.1 204 No Content\r\n\r\n", out);
    state.ResumeTiming();
  }
}
BENCHMARK(WriteLargeRequest);

void CheckLargeRequest(benchmark::State& state) {
  HeaderMap head = large_head();
  for (auto _ : state) {
    benchmark::DoNotOptimize(check_request_head_for_encoding(head));
  }
}
BENCHMARK(CheckLargeRequest);

void ReadChunks(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  std::string chunk;
  {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%zx\r\n", size);
    chunk = digits + std::string(size, 'x') + "\r\n";
  }
  Server events;
  const auto codec = make_http1_server_codec(events, endless());
  codec->feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (auto _ : state) {
    codec->feed(chunk);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * size));
}
BENCHMARK(ReadChunks)->Arg(16)->Arg(1024)->Arg(16384);

/// Request in, forwarded fields set, checked, written; answer of 1 KB in, checked, written.
void exchange(benchmark::State& state, const std::string& request) {
  Server server;
  Client client;
  const auto downstream = make_http1_server_codec(server, endless());
  const auto upstream = make_http1_client_codec(client, default_response_limits());
  Buffer to_upstream;
  Buffer to_client;
  for (auto _ : state) {
    downstream->feed(request);
    apply_forwarded(server.head, "127.0.0.1", "http");
    if (check_request_head_for_encoding(server.head)) {
      std::abort();
    }
    upstream->write_head(server.head, true, to_upstream);
    to_upstream.clear();
    upstream->feed(kResponse, to_upstream);
    if (check_response_head_for_encoding(client.head)) {
      std::abort();
    }
    downstream->write_head(server.stream, client.head, false, to_client);
    downstream->write_data(server.stream,
                           std::string_view(kResponse).substr(kResponse.size() - 1024), true,
                           to_client);
    to_client.clear();
  }
}
void ExchangeSmall(benchmark::State& state) { exchange(state, kSmall); }
void ExchangeLarge(benchmark::State& state) { exchange(state, kLarge); }
BENCHMARK(ExchangeSmall);
BENCHMARK(ExchangeLarge);

}  // namespace
}  // namespace wasmgate::http
