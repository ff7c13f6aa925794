#include "author/case_upstream.h"

namespace wasmgate::author {
namespace {

constexpr size_t kConnections = 256;

}  // namespace

Result<std::unique_ptr<CaseUpstream>> CaseUpstream::start(Logger& logger) {
  auto socket = net::listen_tcp(*net::Address::parse("127.0.0.1", 0), false);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  std::unique_ptr<CaseUpstream> out(new CaseUpstream());
  CaseUpstream* self = out.get();
  out->server_ = std::make_unique<server::SmallServer>(
      out->loop_, logger, std::move(*socket), kConnections,
      [self](const http::HeaderMap& headers, std::string_view body) {
        return self->answer(headers, body);
      });
  out->port_ = out->server_->address().port();
  out->thread_ = std::thread([self] { self->loop_.run(); });
  return out;
}

CaseUpstream::~CaseUpstream() {
  loop_.stop();
  thread_.join();
}

void CaseUpstream::answer_with(const UpstreamAnswer& answer) {
  const std::lock_guard lock(mutex_);
  answer_ = answer;
}

std::vector<SeenMessage> CaseUpstream::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(seen_, {});
}

server::SmallReply CaseUpstream::answer(const http::HeaderMap& headers, std::string_view body) {
  SeenMessage seen;
  for (const http::HeaderField& field : headers.fields()) {
    seen.headers.emplace_back(field.name, field.value);
  }
  seen.body = body;
  const std::lock_guard lock(mutex_);
  seen_.push_back(std::move(seen));
  server::SmallReply reply{answer_.status, answer_.body, answer_.headers};
  // The server writes it, by the body.
  std::erase_if(reply.headers, [](const auto& header) {
    return http::equal_ignore_case(header.first, http::kContentLength);
  });
  return reply;
}

}  // namespace wasmgate::author
