#pragma once
// The numbers of the proxy-wasm ABI (0.1.0 to 0.2.1, Higress 0.2.100) and of WASI preview1 that the
// host speaks.

#include <cstdint>

namespace wasmgate::wasm {

/// What a host function answers.
enum class Status : uint32_t {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  BadExpression = 5,
  InvalidMemoryAccess = 6,
  Empty = 7,
  CasMismatch = 8,
  ResultMismatch = 9,
  InternalFailure = 10,
  BrokenConnection = 11,
  Unimplemented = 12,
};

enum class MapId : uint32_t {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  GrpcInitialMetadata = 4,
  GrpcTrailingMetadata = 5,
  HttpCallHeaders = 6,
  HttpCallTrailers = 7,
};
inline constexpr uint32_t kMapIds = 8;

enum class BufferId : uint32_t {
  RequestBody = 0,
  ResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  HttpCallBody = 4,
  GrpcMessage = 5,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  ForeignArguments = 8,
  RedisReply = 9,
};
inline constexpr uint32_t kBufferIds = 10;

enum class StreamType : uint32_t { Request = 0, Response = 1, Downstream = 2, Upstream = 3 };
inline constexpr uint32_t kStreamTypes = 4;

enum class MetricType : uint32_t { Counter = 0, Gauge = 1, Histogram = 2 };
inline constexpr uint32_t kMetricTypes = 3;

/// The kind of a call out: the low two bits of its id.
enum class CallKind : uint32_t { Http = 0, GrpcCall = 1, GrpcStream = 2, Redis = 3 };

/// What stream callbacks return (C++ SDK's names).
inline constexpr uint32_t kHeadersContinue = 0;
inline constexpr uint32_t kHeadersStopIteration = 1;
inline constexpr uint32_t kHeadersContinueAndEndStream = 2;
inline constexpr uint32_t kHeadersStopAllAndBuffer = 3;
inline constexpr uint32_t kHeadersStopAllAndWatermark = 4;
inline constexpr uint32_t kDataContinue = 0;
inline constexpr uint32_t kDataStopAndBuffer = 1;
inline constexpr uint32_t kDataStopAndWatermark = 2;
inline constexpr uint32_t kDataStopNoBuffer = 3;
inline constexpr uint32_t kTrailersContinue = 0;

inline constexpr uint32_t kLogLevels = 6;

enum class Errno : uint32_t {
  Success = 0,
  BadF = 8,
  Fault = 21,
  Inval = 28,
  NoEnt = 44,
  NoSys = 52,
  NotDir = 54,
  NotSup = 58,
  NotCapable = 76,
};

}  // namespace wasmgate::wasm
