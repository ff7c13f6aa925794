//! The wrapper's behaviours, each through a plug-in on the test host.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use multimap::MultiMap;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, Bytes, ContextType, DataAction, HeaderAction, LogLevel, Status};
use serde::Deserialize;

use super::{HttpContextWrapper, RootContextWrapper};
use crate::cluster_wrapper::DnsCluster;
use crate::testing::{TestHost, TestStream};
use crate::{on_configure, Log, RuleMatcher, SharedRuleMatcher};

/// What the plug-in does, by its configuration.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct Config {
    name: String,
    /// Returned from the request headers callback.
    stop_at_headers: bool,
    cache: bool,
    /// Sent before every held request body goes on.
    call_url: String,
    /// Changed in the headers callback, with a rematch after it.
    new_route: String,
}

struct Root {
    log: Log,
    rule_matcher: SharedRuleMatcher<Config>,
}

struct Plugin {
    log: Log,
    config: Rc<Config>,
    weak: Weak<RefCell<Box<dyn HttpContextWrapper<Config>>>>,
    answers: usize,
}

extern "C" fn start() {
    proxy_wasm::set_root_context(|_| {
        Box::new(Root {
            log: Log::new("test".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        })
    });
}

impl Context for Root {}
impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        on_configure(self, size, &mut self.rule_matcher.borrow_mut(), &self.log)
    }
    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        self.create_http_context_use_wrapper(context_id)
    }
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
impl RootContextWrapper<Config> for Root {
    fn rule_matcher(&self) -> &SharedRuleMatcher<Config> {
        &self.rule_matcher
    }
    fn create_http_context_wrapper(&self, _: u32) -> Option<Box<dyn HttpContextWrapper<Config>>> {
        Some(Box::new(Plugin {
            log: self.log.clone(),
            config: Rc::default(),
            weak: Weak::new(),
            answers: 0,
        }))
    }
}

impl Plugin {
    fn say(&self, line: &str) {
        self.log.info(line);
    }
}

impl Context for Plugin {
    fn on_http_call_response(&mut self, token: u32, _: usize, _: usize, _: usize) {
        self.say(&format!("own answer {token}"));
    }
    fn on_done(&mut self) -> bool {
        self.say("done");
        true
    }
}

impl HttpContext for Plugin {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> HeaderAction {
        self.say(&format!("headers of {}", self.config.name));
        if !self.config.new_route.is_empty() {
            let route = self.config.new_route.clone();
            self.set_property(vec!["route_name"], Some(route.as_bytes()));
            self.rematch_config();
        }
        match self.config.stop_at_headers {
            true => HeaderAction::StopIteration,
            false => HeaderAction::Continue,
        }
    }
    fn on_http_request_body(&mut self, size: usize, end: bool) -> DataAction {
        self.say(&format!("piece {size} {end}"));
        DataAction::Continue
    }
    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.say("trailers");
        Action::Continue
    }
    fn on_http_response_headers(&mut self, _: usize, _: bool) -> HeaderAction {
        self.say("response headers");
        HeaderAction::Continue
    }
    fn on_log(&mut self) {
        self.say("log");
    }
}

impl HttpContextWrapper<Config> for Plugin {
    fn init_self_weak(&mut self, weak: Weak<RefCell<Box<dyn HttpContextWrapper<Config>>>>) {
        self.weak = weak;
    }
    fn log(&self) -> &Log {
        &self.log
    }
    fn on_config(&mut self, config: Rc<Config>) {
        self.log.info(&format!("config {}", config.name));
        self.config = config;
    }
    fn cache_request_body(&self) -> bool {
        self.config.cache
    }
    fn cache_response_body(&self) -> bool {
        self.config.cache
    }
    fn on_http_request_complete_headers(
        &mut self,
        headers: &MultiMap<String, String>,
    ) -> HeaderAction {
        self.say(&format!("complete headers, x: {:?}", headers.get_vec("x")));
        HeaderAction::Continue
    }
    fn on_http_request_complete_body(&mut self, body: &Bytes) -> DataAction {
        self.say(&format!("body {}", String::from_utf8_lossy(body)));
        if self.config.call_url.is_empty() {
            self.replace_http_request_body(b"replaced");
            return DataAction::Continue;
        }
        let weak = self.weak.clone();
        let url = self.config.call_url.clone();
        let call = self.http_call(
            &DnsCluster::new("svc", "svc.com", 80),
            &http::Method::POST,
            &url,
            MultiMap::from_iter([("x-a".to_string(), "1".to_string())]),
            Some(body),
            Box::new(move |status, headers, body| {
                let plugin = weak.upgrade().expect("the stream lives");
                let mut plugin = plugin.borrow_mut();
                let plugin = plugin.downcast_mut::<Plugin>().expect("it is a Plugin");
                plugin.answers += 1;
                let body = String::from_utf8(body.unwrap_or_default()).unwrap();
                plugin.say(&format!("answer {status} {:?} {body}", headers.get("x-b")));
                plugin.resume_http_request();
            }),
            Duration::from_secs(2),
        );
        match call {
            Ok(_) => DataAction::StopIterationAndBuffer,
            Err(status) => {
                self.say(&format!("no call: {status}"));
                DataAction::Continue
            }
        }
    }
    fn on_http_response_complete_body(&mut self, body: &Bytes) -> DataAction {
        self.say(&format!("response body {}", String::from_utf8_lossy(body)));
        self.replace_http_response_body(b"new");
        DataAction::Continue
    }
}

fn configured(configuration: &str) -> TestHost {
    let host = TestHost::start(start);
    assert!(host.configure(configuration), "{:?}", host.logs());
    host
}

fn lines(host: &TestHost) -> Vec<String> {
    let lines = host
        .logs()
        .into_iter()
        .filter(|(level, _)| *level == LogLevel::Info);
    lines.map(|(_, line)| line.replace("[test] ", "")).collect()
}

fn post<'a>(stream: &'a TestStream, pieces: &[&str]) -> &'a TestStream {
    stream.request_headers(&[(":method", "POST")], false);
    for (index, piece) in pieces.iter().enumerate() {
        stream.request_body(piece, index + 1 == pieces.len());
    }
    stream
}

#[test]
fn the_configuration_comes_first_and_whole_headers_after_continue() {
    let host = configured(r#"{"name": "a"}"#);
    host.stream()
        .request_headers(&[("x", "1"), ("x", "2")], true);
    assert_eq!(
        lines(&host),
        [
            "config a",
            "headers of a",
            "complete headers, x: Some([\"1\", \"2\"])",
            "log",
            "done"
        ]
    );
}

#[test]
fn a_request_without_a_configuration_reaches_only_log_and_done() {
    let host = configured(r#"{"_rules_": [{"_match_route_": ["other"], "name": "a"}]}"#);
    let stream = host.stream();
    assert!(post(&stream, &["x"])
        .response_headers(&[], false)
        .is_continue());
    stream.response_body("y", true);
    assert_eq!(stream.forwarded_response_body(), b"y");
    drop(stream);
    assert_eq!(lines(&host), ["log", "done"]);
}

#[test]
fn after_a_stop_at_headers_there_is_no_complete_headers_callback() {
    let host = configured(r#"{"stop_at_headers": true}"#);
    assert_eq!(host.stream().request_headers(&[], true).0, 1);
    assert_eq!(lines(&host), ["config ", "headers of ", "log", "done"]);
}

#[test]
fn a_header_that_is_not_utf8_is_left_out_with_a_warning() {
    let host = configured("{}");
    let stream = host.stream();
    proxy_wasm::hostcalls::set_effective_context(stream.id()).unwrap();
    let map = proxy_wasm::types::MapType::HttpRequestHeaders;
    proxy_wasm::hostcalls::add_map_value_bytes(map, "x", b"\xff").unwrap();
    stream.request_headers(&[], true);
    assert!(host.has_logged(LogLevel::Warn, "header x is left out"));
    assert!(lines(&host).contains(&"complete headers, x: None".to_string()));
}

#[test]
fn a_held_body_is_shown_once_and_whole() {
    let host = configured(r#"{"cache": true}"#);
    let stream = host.stream();
    post(&stream, &["ab", "cd", ""]);
    assert_eq!(stream.forwarded_request_body(), b"replaced");
    assert!(lines(&host).contains(&"body abcd".to_string()));
}

#[test]
fn pieces_are_passed_on_when_the_body_is_not_held() {
    let host = configured("{}");
    let stream = host.stream();
    post(&stream, &["ab", "cd"]);
    assert!(lines(&host).contains(&"piece 2 true".to_string()));
    assert_eq!(stream.forwarded_request_body(), b"abcd");
}

#[test]
fn trailers_end_a_held_body() {
    let host = configured(r#"{"cache": true}"#);
    let stream = host.stream();
    stream.request_headers(&[(":method", "POST")], false);
    stream.request_body("ab", false);
    assert!(stream.request_trailers(&[("t", "1")]).is_continue());
    let lines = lines(&host);
    assert_eq!(lines[lines.len() - 2..], ["body ab", "trailers"]);
    assert_eq!(stream.forwarded_request_body(), b"replaced");
}

#[test]
fn without_a_body_a_waiting_plugin_is_shown_an_empty_one() {
    let host = configured(r#"{"cache": true, "stop_at_headers": true}"#);
    assert!(host.stream().request_headers(&[], true).is_continue());
    assert!(lines(&host).contains(&"body ".to_string()));
}

#[test]
fn a_held_response_body_is_shown_and_replaced() {
    let host = configured(r#"{"cache": true}"#);
    let stream = host.stream();
    stream.request_headers(&[], true);
    stream.response_headers(&[], false);
    stream.response_body("ab", false);
    stream.response_body("cd", true);
    assert!(lines(&host).contains(&"response body abcd".to_string()));
    assert_eq!(stream.forwarded_response_body(), b"new");
}

#[test]
fn a_call_has_the_clusters_name_and_the_urls_parts() {
    let host = configured(r#"{"cache": true, "call_url": "https://other.com:8443/p?q"}"#);
    let stream = host.stream();
    post(&stream, &["body"]);
    let call = host.http_calls().remove(0);
    assert_eq!(call.upstream, "outbound|80||svc.dns");
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "other.com:8443"),
        (":path", "/p?q"),
        ("x-a", "1"),
    ] {
        assert_eq!(call.headers.get(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(
        (call.body, call.timeout),
        (b"body".to_vec(), Duration::from_secs(2))
    );
}

#[test]
fn the_function_of_a_call_may_borrow_the_plugin() {
    let host = configured(r#"{"cache": true, "call_url": "/p"}"#);
    let stream = host.stream();
    post(&stream, &["body"]);
    let call = host.http_calls().remove(0);
    assert_eq!(call.headers.get(":authority").as_deref(), Some("svc.com"));
    host.answer_http_call(call.token, &[(":status", "201"), ("x-b", "2")], "ok");
    assert!(lines(&host).contains(&"answer 201 Some(\"2\") ok".to_string()));
    assert_eq!(stream.request_resumed(), 1);
}

#[test]
fn a_missing_status_is_502_and_an_unreadable_one_500() {
    for (headers, expected) in [
        (&[][..], "answer 502 None "),
        (&[(":status", "many")][..], "answer 500 None "),
    ] {
        let host = configured(r#"{"cache": true, "call_url": "/p"}"#);
        let stream = host.stream();
        post(&stream, &["body"]);
        host.answer_http_call(host.http_calls()[0].token, headers, "");
        assert!(
            lines(&host).contains(&expected.to_string()),
            "{:?}",
            lines(&host)
        );
    }
}

#[test]
fn a_url_that_is_none_is_a_parse_failure() {
    let host = configured(r#"{"cache": true, "call_url": "http://"}"#);
    post(&host.stream(), &["body"]);
    assert!(lines(&host).contains(&"no call: ParseFailure".to_string()));
    assert_eq!(host.http_calls().len(), 0);
}

#[test]
fn a_call_that_does_not_start_is_told() {
    let host = configured(r#"{"cache": true, "call_url": "/p"}"#);
    host.refuse_calls(Some(Status::BadArgument));
    post(&host.stream(), &["body"]);
    assert!(lines(&host).contains(&"no call: BadArgument".to_string()));
}

#[test]
fn functions_of_ended_streams_are_dropped_unrun() {
    let host = configured(r#"{"cache": true, "call_url": "/p"}"#);
    let (ended, living) = (host.stream(), host.stream());
    post(&ended, &["a"]);
    post(&living, &["b"]);
    drop(ended);
    for call in host.http_calls() {
        host.answer_http_call(call.token, &[(":status", "200")], "");
    }
    let answers = lines(&host)
        .iter()
        .filter(|line| line.starts_with("answer"))
        .count();
    assert_eq!((answers, living.request_resumed()), (1, 1));
}

#[test]
fn a_call_the_plugin_made_by_itself_is_answered_to_itself() {
    let host = configured("{}");
    let stream = host.stream();
    stream.request_headers(&[], true);
    let headers = vec![(":method", "GET"), (":path", "/"), (":authority", "h")];
    let token = proxy_wasm::hostcalls::dispatch_http_call(
        "c",
        headers,
        None,
        vec![],
        Duration::from_secs(1),
    );
    host.answer_http_call(token.unwrap(), &[(":status", "200")], "");
    assert!(lines(&host).contains(&"own answer 1".to_string()));
}

#[test]
fn a_plugin_that_has_changed_the_route_can_ask_for_its_configuration_again() {
    let host = configured(
        r#"{"name": "first", "new_route": "r2",
            "_rules_": [{"_match_route_": ["r2"], "name": "second"}]}"#,
    );
    host.stream().request_headers(&[], true);
    assert_eq!(
        lines(&host)[..3],
        ["config first", "headers of first", "config second"]
    );
}

#[test]
fn buffer_limits_are_properties() {
    let host = configured("{}");
    let stream = host.stream();
    stream.request_headers(&[], true);
    let plugin = Plugin {
        log: Log::new("x".to_string()),
        config: Rc::default(),
        weak: Weak::new(),
        answers: 0,
    };
    plugin.set_request_body_buffer_limit(1000);
    plugin.set_response_body_buffer_limit(2000);
    assert_eq!(
        stream.property(&["set_decoder_buffer_limit"]),
        Some(b"1000".to_vec())
    );
    assert_eq!(
        stream.property(&["set_encoder_buffer_limit"]),
        Some(b"2000".to_vec())
    );
}
