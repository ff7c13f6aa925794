//! The plug-in on a host in this process.

use std::time::Duration;

use higress_wasm_rust::testing::{TestHost, TestStream};
use proxy_wasm::types::{LogLevel, Status};
use serde_json::{json, Value};

use crate::_initialize;

const CONFIG: &str = r#"{
    "categories": [{"use_for": "scene", "options": ["finance", "law"]}],
    "llm": {"proxy_service_name": "model.dns", "proxy_url": "https://model.test:8443/v1/chat",
            "proxy_api_key": "secret", "proxy_timeout": "3000"}}"#;
const QUESTION: &str = r#"{"messages": [{"role": "user", "content": "May I?"}]}"#;

fn configured(configuration: &str) -> TestHost {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration), "{:?}", host.logs());
    host
}

fn asked(host: &TestHost) -> TestStream {
    let stream = host.stream();
    assert_eq!(stream.request_headers(&[(":method", "POST")], false).0, 1);
    assert_eq!(stream.request_body(QUESTION, true).0, 1);
    stream
}

fn answer(host: &TestHost, content: &str) {
    let body = json!({"choices": [{"message": {"content": content}}]}).to_string();
    let token = host.http_calls().last().unwrap().token;
    host.answer_http_call(token, &[(":status", "200")], body);
}

#[test]
fn the_model_is_asked_with_the_question_and_the_categories() {
    let host = configured(CONFIG);
    let _stream = asked(&host);
    let call = host.http_calls().remove(0);
    assert_eq!(call.upstream, "outbound|8443||model.dns");
    assert_eq!(call.timeout, Duration::from_secs(3));
    for (name, value) in [
        (":authority", "model.test:8443"),
        (":path", "/v1/chat"),
        ("authorization", "Bearer secret"),
    ] {
        assert_eq!(call.headers.get(name).as_deref(), Some(value), "{name}");
    }
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["model"], "qwen-long");
    let text = body["messages"][0]["content"].as_str().unwrap();
    assert!(text.contains("May I?") && text.contains("- use_for: scene"));
}

#[test]
fn the_answer_becomes_properties_and_the_request_goes_on() {
    let host = configured(CONFIG);
    let stream = asked(&host);
    answer(&host, r#"{"use_for": "scene", "result": "law"}"#);
    assert_eq!(
        stream.property(&["intent_category:scene"]),
        Some(b"law".to_vec())
    );
    assert_eq!(stream.property(&["intent_category"]), Some(b"law".to_vec()));
    assert_eq!(stream.request_resumed(), 1);
    assert_eq!(host.metric("ai_intent_failures"), Some(0));
}

#[test]
fn every_failure_is_counted_and_the_request_goes_on() {
    let host = configured(CONFIG);
    let stream = asked(&host);
    host.answer_http_call(
        host.http_calls()[0].token,
        &[(":status", "500")],
        "secret text",
    );
    assert_eq!(stream.request_resumed(), 1);
    let stream = asked(&host);
    answer(&host, "no idea");
    assert_eq!(stream.request_resumed(), 1);
    let stream = asked(&host);
    host.fail_http_call(host.http_calls()[2].token, "timeout");
    assert_eq!(stream.request_resumed(), 1);
    assert_eq!(host.metric("ai_intent_failures"), Some(3));
    assert!(!host.has_logged(LogLevel::Warn, "secret"));
}

#[test]
fn a_request_without_a_question_or_a_body_goes_on_at_once() {
    let host = configured(CONFIG);
    assert!(host.stream().request_headers(&[], true).is_continue());
    let stream = host.stream();
    stream.request_headers(&[], false);
    assert!(stream.request_body("no json", true).is_continue());
    assert_eq!(stream.forwarded_request_body(), b"no json");
    assert_eq!(host.http_calls().len(), 0);
}

#[test]
fn a_model_that_cannot_be_called_does_not_hold_the_request() {
    let host = configured(CONFIG);
    host.refuse_calls(Some(Status::BadArgument));
    let stream = host.stream();
    stream.request_headers(&[], false);
    assert!(stream.request_body(QUESTION, true).is_continue());
    assert_eq!(host.metric("ai_intent_failures"), Some(1));
}

#[test]
fn the_older_names_are_read() {
    let host = configured(
        r#"{"scene": {"category": "finance | law", "prompt": "${question}: ${categories}"},
            "llm": {"proxy_service_name": "m.static", "proxy_url": "http://m.test/v1",
                    "proxy_port": "8000", "proxy_domain": "d.test", "proxy_model": "m"},
            "key_from": {"request_body": "$.q", "response_body": "$.a"}}"#,
    );
    let stream = host.stream();
    stream.request_headers(&[], false);
    stream.request_body(r#"{"q": "why"}"#, true);
    let call = host.http_calls().remove(0);
    assert_eq!(call.upstream, "outbound|8000||m.static");
    assert_eq!(call.headers.get("authorization"), None);
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let expected = "why: - use_for: scene\n  options:\n  - finance\n  - law\n";
    assert_eq!(body["messages"][0]["content"], expected);
    let reply = json!({"a": "use_for scene: finance"}).to_string();
    host.answer_http_call(call.token, &[(":status", "200")], reply);
    assert_eq!(
        stream.property(&["intent_category"]),
        Some(b"finance".to_vec())
    );
}

#[test]
fn incomplete_configurations_are_refused_with_their_place() {
    for (configuration, place) in [
        ("{}", "llm"),
        (
            r#"{"llm": {"proxy_service_name": "m", "proxy_url": "/"}}"#,
            "categories",
        ),
        (
            r#"{"categories": [{"use_for": 1}], "llm": {"proxy_service_name": "m", "proxy_url": "/"}}"#,
            "$.categories[0].use_for",
        ),
        (
            r#"{"categories": [{"use_for": "a"}], "llm": {"proxy_service_name": "m", "proxy_url": "a b"}}"#,
            "llm.proxy_url",
        ),
        (
            r#"{"categories": [{"use_for": "a"}], "key_from": {"request_body": "no path"},
                "llm": {"proxy_service_name": "m", "proxy_url": "/"}}"#,
            "key_from.request_body",
        ),
    ] {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(configuration), "{configuration}");
        assert!(
            host.has_logged(LogLevel::Error, place),
            "{place}: {:?}",
            host.logs()
        );
    }
}

#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
