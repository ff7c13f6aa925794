// HTTP words for plug-ins: names, percent encoding, dates, query and form parameters, cookies,
// URIs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace Wasm::Common::Http {

namespace Status {
inline constexpr uint32_t OK = 200;
inline constexpr uint32_t BadRequest = 400;
inline constexpr uint32_t Unauthorized = 401;
inline constexpr uint32_t Forbidden = 403;
inline constexpr uint32_t NotFound = 404;
inline constexpr uint32_t MethodNotAllowed = 405;
inline constexpr uint32_t PayloadTooLarge = 413;
inline constexpr uint32_t MisdirectedRequest = 421;
inline constexpr uint32_t TooManyRequests = 429;
inline constexpr uint32_t InternalServerError = 500;
}  // namespace Status

namespace Header {
inline constexpr std::string_view Scheme = ":scheme";
inline constexpr std::string_view Method = ":method";
inline constexpr std::string_view Host = ":authority";
inline constexpr std::string_view Path = ":path";
inline constexpr std::string_view Status = ":status";
inline constexpr std::string_view Accept = "accept";
inline constexpr std::string_view Authorization = "authorization";
inline constexpr std::string_view ContentLength = "content-length";
inline constexpr std::string_view ContentMD5 = "content-md5";
inline constexpr std::string_view ContentType = "content-type";
inline constexpr std::string_view Cookie = "cookie";
inline constexpr std::string_view Date = "date";
inline constexpr std::string_view TransferEncoding = "transfer-encoding";
inline constexpr std::string_view UserAgent = "user-agent";
inline constexpr std::string_view WWWAuthenticate = "www-authenticate";
}  // namespace Header

namespace ContentTypeValues {
inline constexpr std::string_view Grpc = "application/grpc";
inline constexpr std::string_view Json = "application/json";
inline constexpr std::string_view FormUrlEncoded = "application/x-www-form-urlencoded";
inline constexpr std::string_view MultipartFormData = "multipart/form-data";
}  // namespace ContentTypeValues

namespace PercentEncoding {
/// Encodes control and non-ASCII bytes and those in `reserved_chars` as %XX.
std::string encode(std::string_view value, std::string_view reserved_chars = "%");
/// Decodes every %XX; an incomplete or malformed escape stays as it is. "+" stays "+".
std::string decode(std::string_view value);
}  // namespace PercentEncoding

using SystemTime = std::chrono::time_point<std::chrono::system_clock>;

/// Parses an HTTP date (RFC 9110 §5.6.7: IMF-fixdate, RFC 850, asctime; and IMF-fixdate with
/// dashes). Nothing when malformed or out of range.
std::optional<SystemTime> httpTime(std::string_view date);
/// False for the epoch, the time that means "not set".
bool timePointValid(SystemTime time);

/// Removes the port: cut at the last ':' unless a ']' follows it.
std::string_view stripPortFromHost(std::string_view host);

/// Ordered by name; of equal names the first value counts.
using QueryParams = std::map<std::string, std::string>;

/// Parameters after the '?' of `url`, as they are.
QueryParams parseQueryString(std::string_view url);
/// As `parseQueryString`, percent-decoded.
QueryParams parseAndDecodeQueryString(std::string_view url);
/// Parameters of a form body, percent-decoded.
QueryParams parseFromBody(std::string_view body);
/// Parameters of `data` from `start` on, up to a '#'.
QueryParams parseParameters(std::string_view data, size_t start, bool decode_params);

/// All values of a request header, in order.
std::vector<std::string> getAllOfHeader(std::string_view key);

/// Cookies of the request whose name satisfies `key_filter`; of equal names the first counts.
/// Quotes around a value are removed.
std::unordered_map<std::string, std::string> parseCookies(
    const std::function<bool(std::string_view)>& key_filter);

/// "scheme://authority/path" of the request; the path cut to `max_path_length` bytes.
std::string buildOriginalUri(std::optional<uint32_t> max_path_length);

/// Splits "scheme://host/path?query" into host (without port it may have) and path with query.
void extractHostPathFromUri(std::string_view uri, std::string_view& host, std::string_view& path);
/// The part of a path before '?' or '#'.
void extractPathWithoutArgsFromUri(std::string_view uri, std::string_view& path_without_args);
/// As above, as a result.
std::string_view pathWithoutQuery(std::string_view path);

/// True when the request's headers announce a body. A plug-in that has `end_of_stream` uses that
/// instead: HTTP/2 requests may have a body without announcing it.
bool hasRequestBody();

/// True when a content-type value is `media_type`, whatever its case and parameters.
bool isMediaType(std::string_view content_type, std::string_view media_type);

}  // namespace Wasm::Common::Http
