//! The test gateway, and with it the dispatcher, driven by small plug-ins.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, Status};

use super::TestHost;

/// Asks an authority on every request and goes on when it says yes; declines paths with "/free".
struct Asking;
struct AskingStream {
    token: Option<u32>,
}

extern "C" fn asking() {
    proxy_wasm::set_root_context(|_| Box::new(Asking));
}

impl Context for Asking {
    fn on_http_call_response(&mut self, token: u32, _: usize, size: usize, _: usize) {
        let body = self
            .get_http_call_response_body(0, size)
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&body).into_owned();
        let _ = proxy_wasm::hostcalls::log(LogLevel::Info, &format!("root got {token}: {text}"));
    }
}
impl RootContext for Asking {
    fn on_configure(&mut self, size: usize) -> bool {
        self.get_plugin_configuration().unwrap_or_default().len() == size && size < 10
    }
    fn on_tick(&mut self) {
        let headers = vec![
            (":method", "GET"),
            (":path", "/tick"),
            (":authority", "root"),
        ];
        let timeout = Duration::from_secs(1);
        let _ = self.dispatch_http_call("tick", headers, None, vec![], timeout);
    }
    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        (id != 3).then(|| Box::new(AskingStream { token: None }) as Box<dyn HttpContext>)
    }
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

impl Context for AskingStream {
    fn on_http_call_response(&mut self, token: u32, headers: usize, _: usize, _: usize) {
        assert_eq!(self.token, Some(token));
        match self.get_http_call_response_header(":status").as_deref() {
            Some("200") => self.resume_http_request(),
            _ if headers == 0 => {
                let (code, reason) = self.get_grpc_status();
                let text = format!("{code} {}", reason.unwrap_or_default());
                self.send_http_response(503, vec![], Some(text.as_bytes()));
            }
            _ => self.send_http_response(403, vec![("x-why", "no")], None),
        }
    }
}
impl HttpContext for AskingStream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let headers = vec![(":method", "GET"), (":path", "/"), (":authority", "auth")];
        let call = self.dispatch_http_call("auth", headers, None, vec![], Duration::from_secs(5));
        self.token = call.ok();
        match self.token {
            Some(_) => Action::Pause,
            None => Action::Continue,
        }
    }
}

#[test]
fn the_answer_of_a_call_comes_to_the_stream_that_asked() {
    let host = TestHost::start(asking);
    let first = host.stream();
    assert_eq!(first.request_headers(&[], true).0, 4);
    let tokens: Vec<u32> = host.http_calls().iter().map(|call| call.token).collect();
    host.answer_http_call(tokens[0], &[(":status", "200")], "");
    assert_eq!(first.request_resumed(), 1);
    assert_eq!(first.local_reply(), None);
}

#[test]
fn a_refusing_answer_becomes_a_local_reply() {
    let host = TestHost::start(asking);
    let stream = host.stream();
    stream.request_headers(&[], true);
    host.answer_http_call(host.http_calls()[0].token, &[(":status", "401")], "");
    let reply = stream.local_reply().unwrap();
    assert_eq!(
        (reply.status, reply.headers.get("X-Why").as_deref()),
        (403, Some("no"))
    );
}

#[test]
fn a_failed_call_has_no_headers_and_tells_its_reason() {
    let host = TestHost::start(asking);
    let stream = host.stream();
    stream.request_headers(&[], true);
    host.fail_http_call(host.http_calls()[0].token, "connection refused");
    assert_eq!(
        stream.local_reply().unwrap().body_text(),
        "11 connection refused"
    );
}

#[test]
fn the_root_context_gets_the_answers_of_its_own_calls() {
    let host = TestHost::start(asking);
    host.tick();
    let call = &host.http_calls()[0];
    assert_eq!(
        (call.upstream.as_str(), call.timeout),
        ("tick", Duration::from_secs(1))
    );
    host.answer_http_call(call.token, &[(":status", "200")], "tock");
    assert!(host.has_logged(LogLevel::Info, "root got 1: tock"));
}

#[test]
fn answers_for_ended_streams_and_unknown_tokens_are_passed_over() {
    let host = TestHost::start(asking);
    let stream = host.stream();
    stream.request_headers(&[], true);
    stream.end();
    host.answer_http_call(1, &[(":status", "200")], "");
    host.answer_http_call(77, &[(":status", "200")], "");
    assert_eq!(host.logs(), vec![]);
}

#[test]
fn a_stream_that_the_plugin_declines_passes() {
    let host = TestHost::start(asking);
    let (_asked, declined) = (host.stream(), host.stream());
    assert_eq!(declined.id(), 3);
    assert!(declined.request_headers(&[], false).is_continue());
    assert!(declined.request_body("x", true).is_continue());
    assert_eq!(declined.forwarded_request_body(), b"x");
    assert_eq!(host.http_calls().len(), 0);
}

#[test]
fn a_call_that_cannot_start_is_told_at_once() {
    let host = TestHost::start(asking);
    host.refuse_calls(Some(Status::InternalFailure));
    assert!(host.stream().request_headers(&[], true).is_continue());
}

#[test]
fn the_configuration_is_there_and_may_be_refused() {
    let host = TestHost::start(asking);
    assert!(host.configure("short"));
    assert!(host.configure(""));
    assert!(!host.configure("much too long"));
}

/// Counts with shared data, a queue, and metrics; without a root context of its own.
struct Counting;
impl Context for Counting {}
impl HttpContext for Counting {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let (value, cas) = self.get_shared_data("n");
        let next = value.map_or(1, |value| value[0] + 1);
        assert_eq!(self.set_shared_data("n", Some(&[next]), cas), Ok(()));
        let stale = cas.map(|cas| cas + 7);
        let expected = match stale {
            Some(_) => Err(Status::CasMismatch),
            None => Ok(()),
        };
        assert_eq!(self.set_shared_data("n", Some(&[next]), stale), expected);
        let queue = self.register_shared_queue("q");
        assert_eq!(self.resolve_shared_queue("", "q"), Some(queue));
        assert_eq!(self.dequeue_shared_queue(queue), Ok(None));
        assert_eq!(self.enqueue_shared_queue(queue, Some(b"item")), Ok(()));
        assert_eq!(self.dequeue_shared_queue(queue), Ok(Some(b"item".to_vec())));
        assert_eq!(self.dequeue_shared_queue(99), Err(Status::NotFound));
        Action::Continue
    }
    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.add_http_response_header_bytes("x-odd", b"a\xffb");
        assert_eq!(
            self.get_http_response_header("x-odd").as_deref(),
            Some("a\u{fffd}b")
        );
        assert_eq!(
            self.get_http_response_header_bytes("x-odd").as_deref(),
            Some(&b"a\xffb"[..])
        );
        assert_eq!(self.get_http_response_header("x-none"), None);
        assert_eq!(self.get_http_response_trailers(), vec![]);
        self.set_http_response_header("x-odd", None);
        Action::Continue
    }
}

extern "C" fn counting() {
    proxy_wasm::set_http_context(|_, _| Box::new(Counting));
}

#[test]
fn shared_data_and_queues_keep_their_contract() {
    let host = TestHost::start(counting);
    host.stream().request_headers(&[], true);
    host.stream().request_headers(&[], true);
    assert_eq!(host.shared_data("n"), Some(vec![2]));
}

#[test]
fn bytes_that_are_not_utf8_neither_panic_nor_change() {
    let host = TestHost::start(counting);
    let stream = host.stream();
    stream.request_headers(&[], true);
    stream.response_headers(&[], true);
    assert_eq!(stream.current_response_headers().get("x-odd"), None);
    assert_eq!(
        stream.current_response_headers().get(":status").as_deref(),
        Some("200")
    );
}
