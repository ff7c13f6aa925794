use higress_wasm_rust::testing::{TestHost, TestStream};
use proxy_wasm::types::Status;

use super::_initialize;

/// Starts a request that asks the service.
fn ask(configuration: &str) -> (TestHost, TestStream) {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration));
    let stream = host.stream();
    stream.request_headers(&[(":path", "/orders")], true);
    (host, stream)
}

fn answer(host: &TestHost, status: &str) {
    let token = host.http_calls()[0].token;
    host.answer_http_call(token, &[(":status", status)], "");
}

#[test]
fn the_request_is_held_until_the_service_agrees() {
    let (host, stream) = ask(r#"{"service": "s", "path": "/ok", "timeout_ms": 50}"#);
    let call = host.http_calls().remove(0);
    assert_eq!(call.upstream, "s");
    assert_eq!(call.timeout.as_millis(), 50);
    assert_eq!(
        call.headers.get("x-original-path").as_deref(),
        Some("/orders")
    );
    assert_eq!(stream.request_resumed(), 0);
    answer(&host, "204");
    assert_eq!(stream.request_resumed(), 1);
    assert!(stream.local_reply().is_none());
}

#[test]
fn what_the_service_refuses_is_refused() {
    let (host, stream) = ask(r#"{"service": "s", "fail_open": true}"#);
    answer(&host, "401");
    assert_eq!(stream.local_reply().unwrap().status, 403);
    assert_eq!(stream.request_resumed(), 0);
}

#[test]
fn without_an_answer_it_is_503() {
    let (host, stream) = ask(r#"{"service": "s"}"#);
    host.fail_http_call(host.http_calls()[0].token, "timeout");
    assert_eq!(stream.local_reply().unwrap().status, 503);
}

#[test]
fn it_fails_open_when_told_to() {
    let host = TestHost::start(_initialize);
    host.refuse_calls(Some(Status::BadArgument));
    assert!(host.configure(r#"{"service": "s", "fail_open": true}"#));
    let stream = host.stream();
    assert!(stream.request_headers(&[], true).is_continue());
}

#[test]
fn a_configuration_without_a_service_is_refused() {
    for configuration in [r#"{"service": ""}"#, r#"{"service": "s", "timeout_ms": 0}"#] {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(configuration), "{configuration}");
    }
}

/// The cases in `cases/`, when `wasmgate test` gives them.
#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
