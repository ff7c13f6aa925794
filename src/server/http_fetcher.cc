#include "server/http_fetcher.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/log.h"
#include "oci/address_class.h"
#include "oci/url.h"

namespace wasmgate::server {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr size_t kHeaderBytes = 64 * 1024;
// While others wait, an exchange that brings less than this in that time is given up.
constexpr auto kPatience = std::chrono::seconds(1);
constexpr size_t kSlowestBytes = 16 * 1024;

// What one exchange shares with libcurl's callbacks.
struct Exchange {
  const artifact::FetchRequest& request;
  const artifact::BodySink& sink;
  const std::atomic<bool>& cancelled;
  const std::atomic<bool>& hurried;
  artifact::FetchResponse response;
  size_t header_bytes = 0;
  size_t body_sent = 0;
  bool stopped = false;
  std::string refused_address;
  std::chrono::steady_clock::time_point span_begin = std::chrono::steady_clock::now();
  size_t span_bytes = 0;  // since then
  bool gave_up = false;
};

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.span_bytes += size * count;
  if (!exchange.sink({data, size * count})) {
    exchange.stopped = true;
    return 0;
  }
  return size * count;
}

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string_view line(data, size * count);
  exchange.span_bytes += line.size();
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kHeaderBytes) {
    return 0;
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
    line.remove_suffix(1);
  }
  if (line.starts_with("HTTP/")) {
    exchange.response.headers.clear();  // the head of another answer: interim, or after one
    return size * count;
  }
  if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    exchange.response.headers.emplace_back(line.substr(0, colon), value);
  }
  return size * count;
}

size_t on_read(char* out, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view rest = exchange.request.body.substr(exchange.body_sent);
  const size_t n = std::min(rest.size(), size * count);
  std::copy_n(rest.data(), n, out);
  exchange.body_sent += n;
  return n;
}

int on_seek(void* user, curl_off_t offset, int origin) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (origin != SEEK_SET || offset < 0 ||
      static_cast<size_t>(offset) > exchange.request.body.size()) {
    return CURL_SEEKFUNC_CANTSEEK;
  }
  exchange.body_sent = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(user);
  const auto now = std::chrono::steady_clock::now();
  if (now - exchange.span_begin > kPatience) {
    exchange.gave_up = exchange.hurried && exchange.span_bytes < kSlowestBytes;
    exchange.span_begin = now;
    exchange.span_bytes = 0;
  }
  return exchange.cancelled || exchange.gave_up ? 1 : 0;
}

std::string text_of(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* at =
      address.sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr)
          : static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  return ::inet_ntop(address.sa_family, at, text.data(), text.size()) != nullptr ? text.data() : "";
}

bool allowed(artifact::AddressRule rule, const std::string& address) {
  const auto kind = oci::classify_address(address);
  switch (rule) {
    case artifact::AddressRule::Any:
      return true;
    case artifact::AddressRule::NoLinkLocal:
      return kind != oci::AddressClass::LinkLocal;
    case artifact::AddressRule::PublicOnly:
      return kind == oci::AddressClass::Public;
  }
  return false;
}

curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string text = text_of(address->addr);
  if (!allowed(exchange.request.addresses, text)) {
    exchange.refused_address = text;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList header_list(const artifact::FetchHeaders& headers) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const auto& [name, value] : headers) {
    list = curl_slist_append(list, (name + ": " + value).c_str());
  }
  return HeaderList(list);
}

bool is_loopback(const std::string& text) {
  const auto url = oci::parse_url(text);
  return url && oci::classify_host(url->host) == oci::AddressClass::Loopback;
}

Error error_of(CURLcode code, const char* text, const Exchange& exchange) {
  const std::string where = exchange.request.method + " " + exchange.request.url + ": ";
  const std::string detail =
      where + escape_control(*text != '\0' ? text : curl_easy_strerror(code));
  if (!exchange.refused_address.empty()) {
    return Error(ErrorCode::Refused,
                 where + "address " + exchange.refused_address +
                     " is not allowed here (private, loopback, link-local or metadata)",
                 ErrorSource::Upstream);
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Error(ErrorCode::Timeout, detail, ErrorSource::Upstream, true);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return Error(ErrorCode::Unavailable, detail, ErrorSource::Upstream, true);
    case CURLE_SSL_CONNECT_ERROR:
      return Error(ErrorCode::Unavailable,
                   detail + " (plain http must be allowed: --plain-http, oci.insecureHosts)",
                   ErrorSource::Upstream, true);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return Error(ErrorCode::Refused, detail, ErrorSource::Upstream);
    case CURLE_ABORTED_BY_CALLBACK:
      if (exchange.gave_up) {
        return Error(ErrorCode::Timeout, where + "nothing came, and a newer configuration waits",
                     ErrorSource::Upstream);
      }
      return Error(ErrorCode::Cancelled, detail, ErrorSource::Internal);
    case CURLE_WRITE_ERROR:
      if (exchange.stopped) {
        return Error(ErrorCode::Cancelled, detail, ErrorSource::Internal);
      }
      return Error(ErrorCode::LimitExceeded, where + "the head of the answer is too large",
                   ErrorSource::Upstream);
    default:
      return Error(ErrorCode::Protocol, detail, ErrorSource::Upstream);
  }
}

}  // namespace

struct HttpFetcher::Handle {
  CURL* curl = curl_easy_init();
  ~Handle() { curl_easy_cleanup(curl); }
};

HttpFetcher::HttpFetcher(std::string user_agent) : user_agent_(std::move(user_agent)) {}

HttpFetcher::~HttpFetcher() = default;

Result<artifact::FetchResponse> HttpFetcher::fetch(const artifact::FetchRequest& request,
                                                   const artifact::BodySink& sink) {
  if (handle_ == nullptr) {
    static std::once_flag once;  // libcurl's own process-wide state
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    handle_ = std::make_unique<Handle>();
  }
  CURL* curl = handle_->curl;
  if (curl == nullptr) {
    return fail(ErrorCode::Internal, request.url + ": " + curl_easy_strerror(CURLE_FAILED_INIT));
  }
  curl_easy_reset(curl);
  Exchange exchange{request, sink, stopped_, hurried_, {}};
  std::array<char, CURL_ERROR_SIZE> text{};
  const HeaderList headers = header_list(request.headers);
  const bool has_body = request.method == "PUT" || request.method == "POST";

  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<int64_t>(request.timeout.count(), 1)));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent_.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &exchange);
  if (request.addresses != artifact::AddressRule::Any) {
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT,
                     1L);  // a kept connection was made under another rule
  }
  if (!request.unix_socket.empty()) {
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  }
  if (is_loopback(request.url)) {
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // a proxy's loopback is not ours
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (has_body) {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &exchange);
  } else if (request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    return tl::unexpected(error_of(code, text.data(), exchange));
  }
  long status = 0;
  const char* peer = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (curl_easy_getinfo(curl, CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer != nullptr) {
    exchange.response.peer = peer;
  }
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

bool WakeableSleeper::sleep(Duration time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopped_ || hurried_; });
}

void WakeableSleeper::hurry(bool on) {
  const std::lock_guard lock(mutex_);
  hurried_ = on;
  wake_.notify_all();
}

void WakeableSleeper::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  wake_.notify_all();
}

}  // namespace wasmgate::server
