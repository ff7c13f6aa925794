//! The plug-in on a host in this process.

use higress_wasm_rust::testing::{TestHost, TestStream};
use proxy_wasm::types::LogLevel;
use serde_json::{json, Value};

use crate::_initialize;

const PHONE: &str = r#""replace_roles": [
    {"regex": "%{MOBILE}", "type": "replace", "value": "<PHONE>", "restore": true}]"#;

fn configured(configuration: &str) -> TestHost {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration), "{:?}", host.logs());
    host
}

fn post(host: &TestHost, body: &str) -> TestStream {
    let stream = host.stream();
    let length = body.len().to_string();
    let headers = [(":method", "POST"), ("content-length", &length)];
    assert_eq!(stream.request_headers(&headers, false).0, 1);
    stream.request_body(body, true);
    stream
}

fn respond(stream: &TestStream, content_type: &str, body: &str) -> String {
    stream.response_headers(
        &[("content-type", content_type), ("content-length", "1")],
        false,
    );
    stream.response_body(body, true);
    String::from_utf8(stream.forwarded_response_body()).unwrap()
}

fn chat(text: &str) -> String {
    json!({"messages": [{"role": "user", "content": text}]}).to_string()
}

fn completion(text: &str) -> String {
    json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]})
        .to_string()
}

fn forwarded(stream: &TestStream) -> String {
    String::from_utf8(stream.forwarded_request_body()).unwrap()
}

#[test]
fn a_denied_word_in_a_chat_is_answered_as_a_completion() {
    let host = configured(r#"{"deny_words": ["secret"], "deny_message": "no", "deny_code": 201}"#);
    let stream = post(&host, &chat("the secret?"));
    let reply = stream.local_reply().unwrap();
    assert_eq!(reply.status, 201);
    assert_eq!(
        reply.headers.get("content-type").as_deref(),
        Some("application/json")
    );
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let message = json!({"role": "assistant", "content": "no"});
    assert_eq!(
        body,
        json!({"choices": [{"index": 0, "message": message}], "usage": {}})
    );
    assert_eq!(forwarded(&stream), "");
}

#[test]
fn a_streaming_chat_is_answered_as_one_event() {
    let host = configured(r#"{"deny_words": ["secret"]}"#);
    let body = json!({"stream": true, "messages": [{"content": "secret"}]}).to_string();
    let reply = post(&host, &body).local_reply().unwrap();
    let content_type = reply.headers.get("content-type");
    assert_eq!(
        content_type.as_deref(),
        Some("text/event-stream;charset=UTF-8")
    );
    let text = reply.body_text();
    assert!(text.starts_with("data:{") && text.ends_with("\n\n") && text.contains("delta"));
}

#[test]
fn reasoning_and_parts_of_content_are_looked_at_too() {
    let host = configured(r#"{"deny_words": ["secret"]}"#);
    for message in [
        json!({"content": "a", "reasoning_content": "secret"}),
        json!({"content": [{"type": "text", "text": "secret"}, {"type": "image_url"}]}),
    ] {
        let stream = post(&host, &json!({"messages": [message]}).to_string());
        assert!(stream.local_reply().is_some());
    }
}

#[test]
fn json_paths_name_other_texts() {
    let host = configured(
        r#"{"deny_jsonpath": ["$.q", "$.list[*].t"], "deny_words": ["secret"],
        "deny_raw_message": "raw no", "deny_content_type": "text/plain"}"#,
    );
    assert!(post(&host, r#"{"other": "secret"}"#)
        .local_reply()
        .is_none());
    let reply = post(&host, r#"{"list": [{"t": "a"}, {"t": "secret"}]}"#)
        .local_reply()
        .unwrap();
    assert_eq!(reply.body_text(), "raw no");
    assert_eq!(
        reply.headers.get("content-type").as_deref(),
        Some("text/plain")
    );
}

#[test]
fn a_whole_body_is_looked_at_only_when_asked_for() {
    let host = configured(r#"{"deny_words": ["secret"]}"#);
    assert!(post(&host, "a secret").local_reply().is_none());
    let host = configured(r#"{"deny_raw": "true", "deny_words": ["secret"]}"#);
    assert_eq!(post(&host, "a secret").local_reply().unwrap().status, 200);
    assert!(post(&host, "nothing").local_reply().is_none());
}

#[test]
fn the_system_list_counts_only_when_asked_for() {
    let text = chat("where to buy heroin");
    assert!(post(&configured("{}"), &text).local_reply().is_none());
    assert!(post(&configured(r#"{"system_deny": true}"#), &text)
        .local_reply()
        .is_some());
}

#[test]
fn data_is_masked_in_the_request_and_put_back_in_the_response() {
    let host = configured(&format!("{{{PHONE}}}"));
    let stream = post(&host, &chat("call 13800138000"));
    assert_eq!(forwarded(&stream), chat("call <PHONE>"));
    assert_eq!(stream.current_request_headers().get("content-length"), None);
    let body = respond(&stream, "application/json", &completion("calling <PHONE>"));
    assert_eq!(body, completion("calling 13800138000"));
    assert_eq!(
        stream.current_response_headers().get("content-length"),
        None
    );
}

#[test]
fn a_whole_text_is_masked_and_put_back_with_its_escapes() {
    let roles = r#"[{"regex": "'[^']*'", "type": "hash", "restore": true}]"#;
    let host = configured(&format!(
        r#"{{"deny_raw": true, "replace_roles": {roles}}}"#
    ));
    let stream = post(&host, "say 'a \"b\"' now");
    let sent = forwarded(&stream);
    let hash = sent
        .strip_prefix("say ")
        .unwrap()
        .strip_suffix(" now")
        .unwrap();
    assert_eq!(hash.len(), 64);
    let body = respond(&stream, "application/json", &json!({"t": hash}).to_string());
    assert_eq!(body, json!({"t": "'a \"b\"'"}).to_string());
}

#[test]
fn json_is_written_again_compactly_in_its_order_and_other_bodies_are_untouched() {
    let host = configured("{}");
    let stream = post(&host, "{ \"z\": 1,\n \"a\": [1, 2] }");
    assert_eq!(forwarded(&stream), "{\"z\":1,\"a\":[1,2]}");
    assert_eq!(forwarded(&post(&host, "not { json")), "not { json");
    let stream = host.stream();
    stream.request_headers(&[], false);
    stream.request_body(b"\xff\xfe", true);
    assert_eq!(stream.forwarded_request_body(), b"\xff\xfe");
}

#[test]
fn a_denied_word_in_the_response_replaces_its_body_and_keeps_its_status() {
    let host = configured(
        r#"{"deny_words": ["secret"], "deny_message": "no", "deny_raw": true,
        "deny_raw_message": "raw no"}"#,
    );
    let stream = post(&host, &chat("hello"));
    let body = respond(&stream, "application/json", &completion("a secret"));
    assert!(body.contains("\"content\":\"no\""), "{body}");
    assert_eq!(
        stream.current_response_headers().get(":status").as_deref(),
        Some("200")
    );
    assert_eq!(
        respond(&post(&host, "hello"), "text/plain", "a secret"),
        "raw no"
    );
    assert_eq!(respond(&post(&host, "hello"), "text/plain", "fine"), "fine");
}

#[test]
fn a_streaming_response_is_restored_as_it_comes() {
    let host = configured(&format!("{{{PHONE}}}"));
    let body = json!({"stream": true, "messages": [{"content": "13800138000"}]}).to_string();
    let stream = post(&host, &body);
    let event = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({"choices": [{"index": 0, "delta": {"content": text}}]})
        )
    };
    assert!(stream
        .response_headers(&[("content-type", "text/event-stream")], false)
        .is_continue());
    stream.response_body(event("a <PH"), false);
    stream.response_body(event("ONE> b"), false);
    stream.response_body("data: [DONE]\n\n", true);
    let out = String::from_utf8(stream.forwarded_response_body()).unwrap();
    assert!(
        out.contains("13800138000") && !out.contains("[DONE]"),
        "{out}"
    );
}

#[test]
fn an_empty_streaming_response_is_passed_on() {
    let host = configured(&format!("{{{PHONE}}}"));
    let body = json!({"stream": true, "messages": [{"content": "13800138000"}]}).to_string();
    let stream = post(&host, &body);
    stream.response_headers(&[("content-type", "text/event-stream")], false);
    assert!(stream.response_body("", true).is_continue());
    assert_eq!(stream.forwarded_response_body(), b"");
}

#[test]
fn the_plugins_own_reply_is_left_alone_on_its_way_out() {
    let host = configured(r#"{"deny_words": ["secret"], "deny_message": "secret"}"#);
    let stream = post(&host, &chat("secret"));
    assert!(stream
        .response_headers(&[("content-length", "5")], false)
        .is_continue());
    assert_eq!(
        stream
            .current_response_headers()
            .get("content-length")
            .as_deref(),
        Some("5")
    );
}

#[test]
fn a_request_without_a_body_or_with_a_binary_one_is_not_held() {
    let host = configured(r#"{"deny_words": ["secret"]}"#);
    assert!(host.stream().request_headers(&[], true).is_continue());
    let stream = host.stream();
    assert!(stream
        .request_headers(&[("content-encoding", "gzip")], false)
        .is_continue());
    assert!(stream.request_body("secret", true).is_continue());
}

#[test]
fn a_search_without_end_refuses_the_request() {
    let host = configured(
        r#"{"deny_raw": true, "replace_roles": [{"regex": "(?=(a+))(?:a|aa|\\1)+$b", "type": "hash"}]}"#,
    );
    let stream = post(&host, &"a".repeat(200));
    assert!(stream.local_reply().is_some());
    assert!(host.has_logged(LogLevel::Error, "the request was refused"));
    assert_eq!(forwarded(&stream), "");
}

#[test]
fn wrong_configurations_are_refused_with_their_place() {
    for (configuration, place) in [
        (r#"{"deny_words": "a"}"#, "$.deny_words"),
        (r#"{"deny_jsonpath": ["$.a", "nope"]}"#, "deny_jsonpath[1]"),
        (r#"{"deny_code": 42}"#, "deny_code"),
        (
            r#"{"replace_roles": [{"regex": "(", "type": "hash"}]}"#,
            "$.replace_roles[0]",
        ),
        (
            r#"{"replace_roles": [{"regex": "a", "type": "x"}]}"#,
            "$.replace_roles[0].type",
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
