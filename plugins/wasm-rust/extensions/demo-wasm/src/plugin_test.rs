//! The demo on a host in this process.

use higress_wasm_rust::testing::TestHost;
use proxy_wasm::types::{LogLevel, Status};

use crate::_initialize;

const CONFIG: &str = r#"{"test": "t", "redis": {"service_name": "redis.dns", "database": 2},
    "call": {"service_name": "service", "domain": "service.test", "path": "/p"}}"#;

fn configured(configuration: &str) -> TestHost {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration), "{:?}", host.logs());
    host
}

#[test]
fn redis_is_prepared_with_the_configurations_service() {
    let host = configured(CONFIG);
    assert_eq!(host.redis_inits()[0].0, "outbound|6379||redis.dns?db=2");
    let host = configured(r#"{"test": "t", "redis": {"service_name": "r.static"}}"#);
    assert_eq!(host.redis_inits()[0].0, "outbound|80||r.static");
}

#[test]
fn the_request_waits_for_the_counter() {
    let host = configured(CONFIG);
    let stream = host.stream();
    assert_eq!(stream.request_headers(&[], true).0, 3);
    let call = host.redis_calls().remove(0);
    assert_eq!(call.query, b"*2\r\n$4\r\nINCR\r\n$7\r\nconnect\r\n");
    host.answer_redis_call(call.token, 0, b":5\r\n");
    assert_eq!(stream.request_resumed(), 1);
}

#[test]
fn a_failing_redis_does_not_hold_the_request() {
    let host = configured(CONFIG);
    let stream = host.stream();
    stream.request_headers(&[], true);
    host.answer_redis_call(host.redis_calls()[0].token, 1, b"");
    assert_eq!(stream.request_resumed(), 1);
    assert!(host.has_logged(LogLevel::Error, "INCR connect"));
    host.refuse_calls(Some(Status::BadArgument));
    assert!(host.stream().request_headers(&[], true).is_continue());
}

#[test]
fn the_report_takes_the_bodys_place() {
    let host = configured(CONFIG);
    let stream = host.stream();
    stream.request_headers(&[], true);
    host.answer_redis_call(host.redis_calls()[0].token, 0, b":5\r\n");
    assert_eq!(
        stream.response_headers(&[("content-length", "3")], false).0,
        3
    );
    assert_eq!(
        stream.current_response_headers().get("content-length"),
        None
    );
    host.answer_redis_call(host.redis_calls()[1].token, 0, b"$1\r\n5\r\n");
    assert_eq!(stream.response_resumed(), 1);
    assert_eq!(stream.response_body("abc", true).0, 1);
    let call = host.http_calls().remove(0);
    assert_eq!(call.upstream, "outbound|80||service.dns");
    assert_eq!(call.body, b"test_body");
    host.answer_http_call(call.token, &[(":status", "200")], "answer");
    assert_eq!(stream.response_resumed(), 2);
    let report: serde_json::Value = serde_json::from_slice(&stream.held_response_body()).unwrap();
    let expected = serde_json::json!({
        "redis_cid": "5", "http_call_body": "answer", "res_body": "abc"
    });
    assert_eq!(report, expected);
}

#[test]
fn without_its_fields_the_configuration_is_refused() {
    for configuration in [
        r#"{"test": "t"}"#,
        r#"{"redis": {"service_name": "r"}}"#,
        r#"{"test": "t", "redis": {}}"#,
        r#"{"test": "t", "redis": {"service_name": "r", "service_port": 70000}}"#,
    ] {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(configuration), "{configuration}");
    }
}

#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
