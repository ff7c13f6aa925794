// Every public name of the proxy-wasm C++ SDK, used the way plug-ins of other gateways use it: with
// the same arguments, explicit template arguments and overrides. `make test-base` compiles it for
// this machine and for wasm32, where size_t is not uint32_t; a name that is missing or has another
// signature does not compile.
#include "contrib/proxy_expr.h"
#include "proxy_wasm_api.h"
#include "proxy_wasm_common.h"
#include "proxy_wasm_enums.h"
#include "proxy_wasm_externs.h"
#include "proxy_wasm_intrinsics.h"
#include "proxy_wasm_intrinsics_full.h"
#include "proxy_wasm_intrinsics_lite.h"

namespace {

/// Stands in for a protobuf message.
struct Message {
  bool SerializeToString(std::string* out) const { return out->assign("bytes"), true; }
  bool ParseFromArray(const void* /*data*/, int /*size*/) { return true; }
};

class CallHandler : public GrpcCallHandler<Message> {
 public:
  void onSuccess(size_t body_size) override { LOG_INFO(std::to_string(body_size)); }
  void onFailure(GrpcStatus /*status*/) override { (void)context()->root_id(); }
};

class StreamHandler : public GrpcStreamHandler<Message, Message> {
 public:
  void onReceiveInitialMetadata(uint32_t /*headers*/) override { send(Message(), false); }
  void onReceiveTrailingMetadata(uint32_t /*trailers*/) override { close(); }
  void onReceive(size_t /*body_size*/) override { GrpcStreamHandlerBase::send("text", true); }
  void onRemoteClose(GrpcStatus /*status*/) override { reset(); }
};

class BaseStreamHandler : public GrpcStreamHandlerBase {
 public:
  void onReceive(size_t /*body_size*/) override {}
  void onRemoteClose(GrpcStatus /*status*/) override {}
};

class BaseCallHandler : public GrpcCallHandlerBase {
 public:
  void onSuccess(size_t /*body_size*/) override { cancel(); }
  void onFailure(GrpcStatus /*status*/) override {}
};

class SurfaceRoot : public RootContext {
 public:
  explicit SurfaceRoot(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {}

  void onCreate() override {}
  bool validateConfiguration(size_t /*size*/) override { return true; }
  bool onConfigure(size_t size) override {
    const WasmDataPtr bytes = getBufferBytes(WasmBufferType::PluginConfiguration, 0, size);
    return !bytes->view().empty() && bytes->data() != nullptr &&
           bytes->toString().size() == bytes->size();
  }
  bool onStart(size_t /*size*/) override {
    return proxy_set_tick_period_milliseconds(1000) == WasmResult::Ok;
  }
  void onTick() override { metrics(); }
  void onQueueReady(uint32_t token) override {
    WasmDataPtr item;
    if (dequeueSharedQueue(token, &item) == WasmResult::Ok) {
      enqueueSharedQueue(token, item->view());
    }
  }
  void onForeignFunction(uint32_t /*function*/, uint32_t /*size*/) override {}
  bool onDone() override {
    done();
    return false;
  }
  void onDelete() override {}
  void onHttpCallResponse(uint32_t token, uint32_t headers, size_t body_size,
                          uint32_t trailers) override {
    RootContext::onHttpCallResponse(token, headers, body_size, trailers);
    (void)getHttpCallResponseHeaderPairs()->pairs();
    (void)getHttpCallResponseHeader(":status")->view();
    (void)getHttpCallResponseTrailer("t");
    (void)getHttpCallResponseTrailerPairs();
    size_t size = 0;
    getHttpCallResponseHeaderSize(&size);
  }
  void onGrpcReceiveInitialMetadata(uint32_t token, uint32_t headers) override {
    RootContext::onGrpcReceiveInitialMetadata(token, headers);
    (void)getGrpcReceiveInitialMetadata("m");
  }
  void onGrpcReceive(uint32_t token, size_t body_size) override {
    RootContext::onGrpcReceive(token, body_size);
    (void)getBufferBytes(WasmBufferType::GrpcReceiveBuffer, 0, body_size)->proto<Message>();
  }
  void onGrpcReceiveTrailingMetadata(uint32_t token, uint32_t trailers) override {
    RootContext::onGrpcReceiveTrailingMetadata(token, trailers);
    (void)getGrpcReceiveTrailingMetadata("m");
  }
  void onGrpcClose(uint32_t token, GrpcStatus status) override {
    RootContext::onGrpcClose(token, status);
  }

  void calls();

 private:
  void metrics();
  Metric requests_{
      MetricType::Counter, "requests", {MetricTag{"route", MetricTag::TagType::String}}};
  Counter<std::string, int, bool>* counter_ =
      Counter<std::string, int, bool>::New("counter", "route", "status", "ok");
  Gauge<std::string>* gauge_ = Gauge<std::string>::New("gauge", "route");
  Histogram<std::string>* histogram_ = Histogram<std::string>::New("histogram", "route");
};

void SurfaceRoot::metrics() {
  requests_.increment(1, "r");
  requests_.record(2, std::string("r"));
  (void)requests_.get("r");
  (void)requests_.resolve("r");
  (void)requests_.partiallyResolve();
  counter_->increment(1, "r", 200, true);
  SimpleCounter counter = counter_->resolve("r", 200, true);
  ++counter;
  counter++;
  counter.increment(3);
  counter.record(1);
  (void)counter.get();
  counter_->extendAndResolve<std::string>("r", 200, true, "more")->increment(1, "m");
  gauge_->record(1, std::string_view("r"));
  SimpleGauge gauge = gauge_->resolve("r");
  gauge.record(2);
  (void)gauge.get();
  histogram_->record(1, "r");
  SimpleHistogram histogram = histogram_->resolve("r");
  histogram.record(2);
  uint32_t id = 0;
  uint64_t value = 0;
  CHECK_RESULT(defineMetric(MetricType::Gauge, "name", &id));
  recordMetric(id, 1);
  incrementMetric(id, -1);
  getMetric(id, &value);
}

void SurfaceRoot::calls() {
  const HeaderStringPairs headers = {{":method", "GET"}, {":path", "/"}, {":authority", "a"}};
  uint32_t token = 0;
  makeHttpCall("cluster", headers, "body", {}, 1000, &token);
  httpCall("cluster", headers, "body", {}, 1000,
           [](uint32_t /*headers*/, size_t /*size*/, uint32_t /*trailers*/) {});
  ContextBase::HttpCallCallback http_callback = [](uint32_t, size_t, uint32_t) {};
  httpCall("cluster", headers, "", {}, 1000, http_callback);
  grpcCall("service", "a.Service", "Method", {}, "bytes", 1000, &token);
  grpcCall("service", "a.Service", "Method", {}, Message(), 1000, &token);
  grpcStream("service", "a.Service", "Method", {}, &token);
  grpcSend(token, "bytes", false);
  grpcClose(token);
  grpcCancel(token);
  ContextBase::GrpcSimpleCallCallback grpc_callback = [](GrpcStatus, size_t) {};
  grpcSimpleCall("service", "a.Service", "Method", {}, "bytes", 1000, grpc_callback);
  grpcSimpleCall("service", "a.Service", "Method", {}, Message(), 1000,
                 [](GrpcStatus /*status*/, size_t /*size*/) {});
  grpcSimpleCall(
      "service", "a.Service", "Method", {}, "bytes", 1000, [](size_t /*size*/) {},
      [](GrpcStatus /*status*/) {});
  grpcSimpleCall<Message>("service", "a.Service", "Method", {}, std::string("bytes"), 1000,
                          std::function<void(Message&&)>([](Message&&) {}),
                          [](GrpcStatus /*status*/) {});
  grpcCallHandler("service", "a.Service", "Method", {}, "bytes", 1000,
                  std::make_unique<CallHandler>());
  grpcCallHandler("service", "a.Service", "Method", {}, Message(), 1000,
                  std::make_unique<BaseCallHandler>());
  grpcStreamHandler("service", "a.Service", "Method", {}, std::make_unique<StreamHandler>());
  grpcStreamHandler("service", "a.Service", "Method", {}, std::make_unique<BaseStreamHandler>());
  const auto [code, text] = getStatus();
  LOG_WARN("status " + std::to_string(code) + ": " + text->toString());
}

// The functions of one map of a stream.
#define USE_MAP(One)                              \
  add##One("n", "v");                             \
  replace##One("n", "v");                         \
  remove##One("n");                               \
  (void)get##One("n")->view();                    \
  (void)get##One##Pairs()->pairs();               \
  set##One##Pairs(HeaderStringPairs{{"n", "v"}}); \
  get##One##Size(&size);

class SurfaceContext : public Context {
 public:
  explicit SurfaceContext(uint32_t id, RootContext* root) : Context(id, root) {}

  void onCreate() override { static_cast<SurfaceRoot*>(root())->calls(); }
  FilterStatus onNewConnection() override { return FilterStatus::StopIteration; }
  FilterStatus onDownstreamData(size_t /*size*/, bool /*end*/) override {
    continueDownstream();
    closeDownstream();
    return FilterStatus::Continue;
  }
  FilterStatus onUpstreamData(size_t /*size*/, bool /*end*/) override {
    continueUpstream();
    closeUpstream();
    return FilterStatus::Continue;
  }
  void onDownstreamConnectionClose(CloseType /*type*/) override {}
  void onUpstreamConnectionClose(CloseType type) override { (void)(type == CloseType::Remote); }
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterMetadataStatus onRequestMetadata(uint32_t /*elements*/) override {
    return FilterMetadataStatus::Continue;
  }
  FilterDataStatus onRequestBody(size_t size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t /*trailers*/) override {
    size_t size = 0;
    USE_MAP(RequestTrailer)
    return FilterTrailersStatus::Continue;
  }
  FilterHeadersStatus onResponseHeaders(uint32_t /*headers*/, bool /*end*/) override {
    size_t size = 0;
    USE_MAP(ResponseHeader)
    return FilterHeadersStatus::StopAllIterationAndWatermark;
  }
  FilterMetadataStatus onResponseMetadata(uint32_t /*elements*/) override {
    return FilterMetadataStatus::Continue;
  }
  FilterDataStatus onResponseBody(size_t /*size*/, bool /*end*/) override {
    closeResponse();
    return FilterDataStatus::StopIterationNoBuffer;
  }
  FilterTrailersStatus onResponseTrailers(uint32_t /*trailers*/) override {
    size_t size = 0;
    USE_MAP(ResponseTrailer)
    return FilterTrailersStatus::StopIteration;
  }
  void onDone() override {}
  void onLog() override { properties(); }
  void onDelete() override { (void)(asContext() == this && asRoot() == nullptr && id() != 0); }

 private:
  static void properties();
  static void shared();
};

FilterHeadersStatus SurfaceContext::onRequestHeaders(uint32_t /*headers*/, bool /*end_of_stream*/) {
  size_t size = 0;
  USE_MAP(RequestHeader)
  addHeaderMapValue(WasmHeaderMapType::RequestHeaders, "n", "v");
  replaceHeaderMapValue(WasmHeaderMapType::RequestHeaders, "n", "v");
  removeHeaderMapValue(WasmHeaderMapType::RequestHeaders, "n");
  (void)getHeaderMapValue(WasmHeaderMapType::RequestHeaders, "n");
  (void)getHeaderMapPairs(WasmHeaderMapType::RequestHeaders);
  setHeaderMapPairs(WasmHeaderMapType::RequestHeaders, HeaderStringPairs());
  getHeaderMapSize(WasmHeaderMapType::RequestHeaders, &size);
  shared();
  setEffectiveContext();
  if (getContext(id()) == this && getRootContext(1) == getRoot("") &&
      getContextBase(1) != nullptr) {
    sendLocalResponse(403, "details", "body", {{"n", "v"}});
    sendLocalResponse(403, "details", "body", {}, GrpcStatus::PermissionDenied);
    return FilterHeadersStatus::StopIteration;
  }
  continueRequest();
  continueResponse();
  closeRequest();
  return FilterHeadersStatus::Continue;
}

FilterDataStatus SurfaceContext::onRequestBody(size_t /*size*/, bool /*end_of_stream*/) {
  size_t size = 0;
  uint32_t flags = 0;
  getBufferStatus(WasmBufferType::HttpRequestBody, &size, &flags);
  setBuffer(WasmBufferType::HttpRequestBody, 0, size, "new", &size);
  setBuffer(WasmBufferType::HttpRequestBody, 0, size, "new");
  return FilterDataStatus::StopIterationAndBuffer;
}

void SurfaceContext::properties() {
  int64_t number = 0;
  std::string text;
  Message message;
  (void)getProperty({"request", "path"});
  (void)getProperty({std::string_view("request"), "path"});
  (void)getProperty<std::string_view>({"request", "path"});
  (void)getProperty(std::vector<std::string>{"request", "path"});
  getValue({"response", "code"}, &number);
  getValue<int64_t>({"response", "code"}, &number);
  getValue<std::string>({"request", "path"}, &text);
  getMessageValue<Message>({"metadata"}, &message);
  const WasmResult kept = setFilterState("key", "value");
  const WasmResult kept_text = setFilterStateStringValue("key", "value");
  LOG_DEBUG(toString(kept) + toString(kept_text));
  uint32_t token = 0;
  if (createExpression("request.path", &token) == WasmResult::Ok) {
    bool yes = false;
    evaluateExpression(token, &yes);
    evaluateExpression<std::string>(token, &text);
    evaluateMessage(token, &message);
    (void)exprEvaluate(token);
    exprDelete(token);
  }
}

void SurfaceContext::shared() {
  WasmDataPtr value;
  uint32_t cas = 0;
  uint32_t token = 0;
  getSharedData("key", &value);
  getSharedData("key", &value, &cas);
  setSharedData("key", "value");
  setSharedData("key", "value", cas);
  (void)getSharedDataValue("key", &cas);
  registerSharedQueue("queue", &token);
  resolveSharedQueue("vm", "queue", &token);
  LOG_TRACE("trace");
  LOG_DEBUG("debug");
  LOG_INFO(std::string("info ") + std::to_string(getCurrentTimeNanoseconds()));
  LOG_WARN("warn");
  LOG_ERROR("error");
  LOG_CRITICAL("critical");
  LOG_INFO(toString(std::pair<WasmResult, int>(WasmResult::Ok, 1).first));
  logTrace("trace");
  logDebug("debug");
  logInfo("info");
  logWarn("warn");
  logError("error");
  logCritical("critical");
  if (cas == 1) {
    logAbort("never");
  }
  const StringView view = "older names";
  const Optional<StringView> maybe = view;
  (void)maybe;
}

RegisterContextFactory register_surface(CONTEXT_FACTORY(SurfaceContext), ROOT_FACTORY(SurfaceRoot),
                                        "surface");
RegisterContextFactory register_roots(ROOT_FACTORY(SurfaceRoot), "root only");
RegisterContextFactory register_contexts(CONTEXT_FACTORY(SurfaceContext), "context only");
RegisterContextFactory register_functions(
    [](uint32_t id, RootContext* root) { return std::make_unique<SurfaceContext>(id, root); },
    [](uint32_t id, std::string_view root_id) {
      return std::make_unique<SurfaceRoot>(id, root_id);
    },
    "functions");

}  // namespace
