//! Every public name that plug-ins of other gateways use, with their arguments: a name that is missing or
//! has another signature does not compile. What is called here is not looked at; other tests do that.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::{Duration, SystemTime};

use higress_wasm_rust::cluster_wrapper::*;
use higress_wasm_rust::error::WasmRustError;
use higress_wasm_rust::event_stream::EventStream;
use higress_wasm_rust::log::LogLevel as WrapperLevel;
use higress_wasm_rust::plugin_wrapper::*;
use higress_wasm_rust::redis_wrapper::*;
use higress_wasm_rust::request_wrapper::*;
use higress_wasm_rust::testing::TestHost;
use higress_wasm_rust::*;
use multimap::MultiMap;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::*;
use proxy_wasm::types::*;
use serde::Deserialize;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root::new()) });
}}

extern "C" fn other_entry_points() {
    proxy_wasm::set_http_context(|_, _| -> Box<dyn HttpContext> { Box::new(Plain) });
    proxy_wasm::set_stream_context(|_, _| -> Box<dyn StreamContext> { Box::new(Tcp) });
}

#[derive(Debug, Default, Clone, Deserialize)]
struct Config {
    #[serde(default)]
    name: String,
}

struct Root {
    log: Log,
    rule_matcher: SharedRuleMatcher<Config>,
}

impl Root {
    fn new() -> Self {
        Self {
            log: Log::new("surface".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        }
    }
}

impl Context for Root {
    fn on_done(&mut self) -> bool {
        self.done();
        true
    }
}

impl RootContext for Root {
    fn on_vm_start(&mut self, _size: usize) -> bool {
        self.get_vm_configuration();
        self.set_tick_period(Duration::from_secs(1));
        true
    }
    fn on_configure(&mut self, size: usize) -> bool {
        self.get_plugin_configuration();
        on_configure(self, size, &mut self.rule_matcher.borrow_mut(), &self.log)
    }
    fn on_tick(&mut self) {}
    fn on_queue_ready(&mut self, _queue_id: u32) {}
    fn on_foreign_function(&mut self, _function_id: u32, _arguments_size: usize) {}
    fn on_log(&mut self) {}
    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        self.create_http_context_use_wrapper(context_id)
    }
    fn create_stream_context(&self, _context_id: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(Tcp))
    }
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

impl RootContextWrapper<Config> for Root {
    fn rule_matcher(&self) -> &SharedRuleMatcher<Config> {
        &self.rule_matcher
    }
    fn create_http_context_wrapper(&self, _id: u32) -> Option<Box<dyn HttpContextWrapper<Config>>> {
        Some(Box::new(Wrapped {
            log: self.log.clone(),
            this: Weak::new(),
        }))
    }
}

struct Wrapped {
    log: Log,
    this: Weak<RefCell<Box<dyn HttpContextWrapper<Config>>>>,
}

impl Context for Wrapped {}

impl HttpContext for Wrapped {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> HeaderAction {
        use_context(self);
        use_headers(self);
        use_hostcalls();
        use_calls_out(self);
        use_wrappers();
        HeaderAction::Continue
    }
    fn on_http_request_body(&mut self, _size: usize, _end: bool) -> DataAction {
        DataAction::Continue
    }
    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> HeaderAction {
        HeaderAction::StopIteration
    }
}

impl HttpContextWrapper<Config> for Wrapped {
    fn init_self_weak(&mut self, this: Weak<RefCell<Box<dyn HttpContextWrapper<Config>>>>) {
        self.this = this;
    }
    fn log(&self) -> &Log {
        &self.log
    }
    fn on_config(&mut self, config: Rc<Config>) {
        self.log
            .infof(format_args!("{} {}", config.name, self.this.strong_count()));
    }
    fn on_http_request_complete_headers(
        &mut self,
        headers: &MultiMap<String, String>,
    ) -> HeaderAction {
        assert!(headers.contains_key(":path"));
        self.set_request_body_buffer_limit(1);
        self.set_response_body_buffer_limit(1);
        HeaderAction::Continue
    }
    fn on_http_response_complete_headers(
        &mut self,
        _headers: &MultiMap<String, String>,
    ) -> HeaderAction {
        HeaderAction::Continue
    }
    fn cache_request_body(&self) -> bool {
        true
    }
    fn cache_response_body(&self) -> bool {
        true
    }
    fn on_http_request_complete_body(&mut self, body: &Bytes) -> DataAction {
        self.replace_http_request_body(body);
        DataAction::Continue
    }
    fn on_http_response_complete_body(&mut self, body: &Bytes) -> DataAction {
        self.replace_http_response_body(body);
        DataAction::Continue
    }
}

/// A context with every callback that the wrapper does not need.
struct Plain;

impl Context for Plain {
    fn on_http_call_response(
        &mut self,
        _token: u32,
        _headers: usize,
        _body: usize,
        _trailers: usize,
    ) {
        self.get_http_call_response_headers();
        self.get_http_call_response_headers_bytes();
        self.get_http_call_response_header("n");
        self.get_http_call_response_header_bytes("n");
        self.get_http_call_response_body(0, 1);
        self.get_http_call_response_trailers();
        self.get_http_call_response_trailers_bytes();
        self.get_http_call_response_trailer("n");
        self.get_http_call_response_trailer_bytes("n");
    }
    fn on_grpc_call_response(&mut self, token: u32, _status: u32, _size: usize) {
        self.get_grpc_call_response_body(0, 1);
        self.get_grpc_status();
        self.cancel_grpc_call(token);
    }
    fn on_grpc_stream_initial_metadata(&mut self, token: u32, _count: u32) {
        self.get_grpc_stream_initial_metadata();
        self.get_grpc_stream_initial_metadata_value("n");
        self.send_grpc_stream_message(token, Some(b"message"), false);
    }
    fn on_grpc_stream_message(&mut self, token: u32, _size: usize) {
        self.get_grpc_stream_message(0, 1);
        self.close_grpc_stream(token);
    }
    fn on_grpc_stream_trailing_metadata(&mut self, _token: u32, _count: u32) {
        self.get_grpc_stream_trailing_metadata();
        self.get_grpc_stream_trailing_metadata_value("n");
    }
    fn on_grpc_stream_close(&mut self, token: u32, _status: u32) {
        self.cancel_grpc_stream(token);
    }
}

impl HttpContext for Plain {
    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        self.get_http_request_trailers();
        self.get_http_request_trailers_bytes();
        self.get_http_request_trailer("n");
        self.get_http_request_trailer_bytes("n");
        self.set_http_request_trailers(vec![("n", "v")]);
        self.set_http_request_trailers_bytes(vec![("n", b"v")]);
        self.set_http_request_trailer("n", Some("v"));
        self.set_http_request_trailer_bytes("n", Some(b"v"));
        self.add_http_request_trailer("n", "v");
        self.add_http_request_trailer_bytes("n", b"v");
        self.remove_http_request_trailer("n");
        Action::Pause
    }
    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        self.get_http_response_trailers();
        self.get_http_response_trailers_bytes();
        self.get_http_response_trailer("n");
        self.get_http_response_trailer_bytes("n");
        self.set_http_response_trailers(vec![("n", "v")]);
        self.set_http_response_trailers_bytes(vec![("n", b"v")]);
        self.set_http_response_trailer("n", Some("v"));
        self.set_http_response_trailer_bytes("n", Some(b"v"));
        self.add_http_response_trailer("n", "v");
        self.add_http_response_trailer_bytes("n", b"v");
        self.remove_http_response_trailer("n");
        Action::Continue
    }
    fn on_http_response_body(&mut self, _size: usize, _end: bool) -> DataAction {
        self.get_http_response_body(0, 1);
        self.set_http_response_body(0, 1, b"x");
        DataAction::StopIterationNoBuffer
    }
    fn on_log(&mut self) {}
}

struct Tcp;

impl Context for Tcp {}

impl StreamContext for Tcp {
    fn on_new_connection(&mut self) -> Action {
        Action::Continue
    }
    fn on_downstream_data(&mut self, _size: usize, _end: bool) -> Action {
        self.get_downstream_data(0, 1);
        self.set_downstream_data(0, 1, b"x");
        self.resume_downstream();
        self.close_downstream();
        Action::Pause
    }
    fn on_downstream_close(&mut self, _peer: PeerType) {}
    fn on_upstream_data(&mut self, _size: usize, _end: bool) -> Action {
        self.get_upstream_data(0, 1);
        self.set_upstream_data(0, 1, b"x");
        self.resume_upstream();
        self.close_upstream();
        Action::Continue
    }
    fn on_upstream_close(&mut self, _peer: PeerType) {}
    fn on_log(&mut self) {}
}

fn use_context(context: &dyn Context) {
    let _: SystemTime = context.get_current_time();
    let _: Option<Bytes> = context.get_property(vec!["request", "path"]);
    context.set_property(vec!["key"], Some(b"value"));
    let _: (Option<Bytes>, Option<u32>) = context.get_shared_data("key");
    let _: Result<(), Status> = context.set_shared_data("key", Some(b"value"), None);
    let _: Result<(), Status> = context.remove_shared_data("key");
    let queue: u32 = context.register_shared_queue("queue");
    let _: Option<u32> = context.resolve_shared_queue("vm", "queue");
    let _: Result<(), Status> = context.enqueue_shared_queue(queue, Some(b"item"));
    let _: Result<Option<Bytes>, Status> = context.dequeue_shared_queue(queue);
    let _: Result<Option<Bytes>, Status> = context.call_foreign_function("name", Some(b"text"));
}

fn use_headers(context: &dyn HttpContext) {
    let _: Vec<(String, String)> = context.get_http_request_headers();
    let _: Vec<(String, Bytes)> = context.get_http_request_headers_bytes();
    let _: Option<String> = context.get_http_request_header(":path");
    let _: Option<Bytes> = context.get_http_request_header_bytes(":path");
    context.set_http_request_headers_bytes(vec![
        (":path", b"/"),
        (":authority", b"a"),
        (":method", b"GET"),
    ]);
    context.set_http_request_headers(vec![
        (":path", "/"),
        (":authority", "a"),
        (":method", "GET"),
    ]);
    context.set_http_request_header("n", Some("v"));
    context.set_http_request_header_bytes("n", Some(b"v"));
    context.add_http_request_header("n", "v");
    context.add_http_request_header_bytes("n", b"v");
    context.remove_http_request_header("n");
    let _: Option<Bytes> = context.get_http_request_body(0, 1);
    context.set_http_request_body(0, 1, b"x");
    context.get_http_response_headers();
    context.get_http_response_headers_bytes();
    context.get_http_response_header("n");
    context.get_http_response_header_bytes("n");
    context.set_http_response_headers(vec![("n", "v")]);
    context.set_http_response_headers_bytes(vec![("n", b"v")]);
    context.set_http_response_header("n", Some("v"));
    context.set_http_response_header_bytes("n", Some(b"v"));
    context.add_http_response_header("n", "v");
    context.add_http_response_header_bytes("n", b"v");
    context.remove_http_response_header("n");
    context.resume_http_request();
    context.resume_http_response();
}

fn use_endings(context: &dyn HttpContext) {
    context.reset_http_request();
    context.reset_http_response();
    context.send_http_response(403, vec![("n", "v")], Some(b"body"));
    context.send_grpc_response(
        GrpcStatusCode::PermissionDenied,
        Some("no"),
        vec![("n", b"v")],
    );
}

fn use_hostcalls() {
    let log: Result<(), Status> = hostcalls::log(LogLevel::Info, "line");
    log.unwrap();
    hostcalls::get_log_level().unwrap();
    hostcalls::get_current_time().unwrap();
    hostcalls::set_tick_period(Duration::from_secs(1)).unwrap();
    let _: Result<Option<Bytes>, Status> = hostcalls::get_buffer(BufferType::HttpRequestBody, 0, 1);
    let _ = hostcalls::set_buffer(BufferType::HttpRequestBody, 0, 1, b"x");
    let headers = MapType::HttpRequestHeaders;
    let map: Vec<(String, String)> = hostcalls::get_map(headers).unwrap();
    let bytes: Vec<(String, Bytes)> = hostcalls::get_map_bytes(headers).unwrap();
    hostcalls::set_map(
        headers,
        map.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
    )
    .unwrap();
    hostcalls::set_map_bytes(
        headers,
        bytes
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_slice()))
            .collect(),
    )
    .unwrap();
    let _: Option<String> = hostcalls::get_map_value(headers, "n").unwrap();
    let _: Option<Bytes> = hostcalls::get_map_value_bytes(headers, "n").unwrap();
    hostcalls::set_map_value(headers, "n", Some("v")).unwrap();
    hostcalls::set_map_value_bytes(headers, "n", None).unwrap();
    hostcalls::add_map_value(headers, "n", "v").unwrap();
    hostcalls::add_map_value_bytes(headers, "n", b"v").unwrap();
    hostcalls::remove_map_value(headers, "n").unwrap();
    for (kind, name) in [
        (MetricType::Counter, "counter"),
        (MetricType::Gauge, "gauge"),
        (MetricType::Histogram, "histogram"),
    ] {
        let id: u32 = hostcalls::define_metric(kind, name).unwrap();
        hostcalls::record_metric(id, 1).unwrap();
        let _ = hostcalls::increment_metric(id, 1);
        let _: Result<u64, Status> = hostcalls::get_metric(id);
    }
    hostcalls::redis_init(
        "redis",
        Some(b"user"),
        Some(b"password"),
        Duration::from_secs(1),
    )
    .unwrap();
    let answered: Box<dyn FnOnce(u32, usize, usize)> = Box::new(|_token, _status, _size| {});
    hostcalls::dispatch_redis_call("redis", b"*1\r\n$4\r\nPING\r\n", answered).unwrap();
}

fn use_calls_out(context: &mut Wrapped) {
    let head = vec![(":method", "GET"), (":path", "/"), (":authority", "a")];
    let seconds = Duration::from_secs(1);
    let _: Result<u32, Status> =
        context.dispatch_http_call("c", head, Some(b"body"), vec![], seconds);
    let _: Result<u32, Status> = context.dispatch_grpc_call(
        "c",
        "a.Service",
        "Method",
        vec![("n", b"v")],
        Some(b"m"),
        seconds,
    );
    let _: Result<u32, Status> = context.open_grpc_stream("c", "a.Service", "Method", vec![]);
    let answered: Box<HttpCallbackFn> =
        Box::new(|_status: u16, _headers: &MultiMap<String, String>, _body: Option<Vec<u8>>| {});
    let cluster = FQDNCluster::new("fqdn", "host", 80);
    let url = "http://host/path";
    let _: Result<u32, Status> = context.http_call(
        &cluster,
        &http::Method::GET,
        url,
        MultiMap::new(),
        None,
        answered,
        seconds,
    );
    let dispatcher = HttpCallbackDispatcher::new();
    dispatcher.set(1, Box::new(|_, _, _| {}));
    assert!(dispatcher.pop(1).is_some());
}

fn use_wrappers() {
    let clusters: [&dyn Cluster; 7] = [
        &RouteCluster::new("host"),
        &K8sCluster::new("service", "namespace", "80", "version", "host"),
        &NacosCluster::new("service", "group", "ns", 80, false, "version", "host"),
        &StaticIpCluster::new("service", 80, "host"),
        &DnsCluster::new("service", "domain", 80),
        &ConsulCluster::new("service", "dc", 80, "host"),
        &FQDNCluster::new("fqdn", "host", 80),
    ];
    for cluster in clusters {
        assert!(
            !cluster.host_name().is_empty(),
            "{}",
            cluster.cluster_name()
        );
    }
    let texts: [String; 4] = [
        get_request_scheme(),
        get_request_host(),
        get_request_path(),
        get_request_method(),
    ];
    assert_eq!(texts[2], "/");
    assert!(!is_binary_request_body() && !is_binary_response_body());
    let _: bool = has_request_body();
    let mut events = EventStream::new();
    events.update(b"data: 1\n\n".to_vec());
    assert_eq!(events.next().as_deref(), Some(b"data: 1".as_slice()));
    let _: Option<Vec<u8>> = events.flush();
    let client: RedisClient = RedisClientBuilder::new(clusters[6], Duration::from_secs(1))
        .username(Some("user"))
        .password(Some("password"))
        .database(Some(1))
        .build();
    client.init().unwrap();
    let answered: Box<RedisValueCallbackFn> = Box::new(|_value, _status, _token| {});
    client
        .command(&redis_wrapper::redis::cmd("PING"), answered)
        .unwrap();
    let log = Log::new("name".to_string());
    for write in [
        Log::trace,
        Log::debug,
        Log::info,
        Log::warn,
        Log::error,
        Log::critical,
    ] {
        write(&log, "line");
    }
    log.tracef(format_args!("line"));
    log.debugf(format_args!("line"));
    log.infof(format_args!("line"));
    log.warnf(format_args!("line"));
    log.errorf(format_args!("line"));
    log.criticalf(format_args!("line"));
    assert_eq!(LogLevel::from(WrapperLevel::Warn), LogLevel::Warn);
}

/// Every spelling of an answer compiles in every callback.
#[test]
fn one_action_has_three_names() {
    let all: [Action; 9] = [
        HeaderAction::Continue,
        DataAction::Pause,
        Action::StopIteration,
        HeaderAction::ContinueAndEndStream,
        HeaderAction::StopAllIterationAndBuffer,
        HeaderAction::StopAllIterationAndWatermark,
        DataAction::StopIterationAndBuffer,
        DataAction::StopIterationAndWatermark,
        DataAction::StopIterationNoBuffer,
    ];
    let sent = |of: fn(Action) -> u32| all.map(of);
    assert_eq!(sent(Action::for_headers), [0, 4, 1, 2, 3, 4, 3, 4, 4]);
    assert_eq!(sent(Action::for_body), [0, 1, 1, 0, 1, 2, 1, 2, 3]);
    assert_eq!(sent(Action::for_trailers), [0, 1, 1, 0, 1, 1, 1, 1, 1]);
}

#[test]
fn every_name_can_be_called() {
    let host = TestHost::start(_initialize);
    assert!(host.configure(r#"{"name": "n"}"#), "{:?}", host.logs());
    let stream = host.stream();
    assert!(stream
        .request_headers(&[(":path", "/")], false)
        .is_continue());
    stream.request_body("body", true);
    use_endings(&Plain);
    assert!(stream.is_reset() && stream.local_reply().is_some());
}

#[test]
fn contexts_can_be_made_without_a_root() {
    let host = TestHost::start(other_entry_points);
    let stream = host.stream();
    assert!(stream.request_headers(&[], true).is_continue());
    assert_eq!(stream.request_trailers(&[("t", "1")]).0, 1);
    assert_eq!(
        stream.current_request_headers().get(":path").as_deref(),
        Some("/")
    );
}

#[test]
fn rules_and_errors_have_their_names() {
    let mut matcher = RuleMatcher::<Config>::default();
    let error: Result<(), WasmRustError> = matcher.parse_rule_config(&serde_json::json!([]));
    assert!(!error.unwrap_err().to_string().is_empty());
    const EMPTY: WasmRustError = WasmRustError::new(String::new());
    let _: &dyn std::error::Error = &EMPTY;
    let rules =
        serde_json::json!({"name": "all", "_rules_": [{"_match_route_": ["r"], "name": "own"}]});
    matcher.parse_rule_config(&rules).unwrap();
    matcher.override_config(|rule, global| Config {
        name: format!("{}-{}", global.name, rule.name),
    });
    matcher.rewrite_config(|config| Config {
        name: format!("{}!", config.name),
    });
    let _host = TestHost::start(_initialize);
    let matched = matcher.get_match_config().unwrap();
    assert_eq!(
        (matched.0, matched.1.name.as_str(), matched.name.as_str()),
        (0, "all!", "all!")
    );
}
