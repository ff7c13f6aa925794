//! The plug-in on a host in this process.

use higress_wasm_rust::testing::{TestHost, TestStream};
use proxy_wasm::types::LogLevel;

use crate::_initialize;

fn configured(configuration: &str) -> TestHost {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration), "{:?}", host.logs());
    host
}

fn blocks_path(host: &TestHost, path: &str) -> bool {
    let stream = host.stream();
    let returned = stream.request_headers(&[(":path", path)], true);
    assert_eq!(returned.is_continue(), stream.local_reply().is_none());
    stream.local_reply().is_some()
}

fn post(host: &TestHost, pieces: &[&str]) -> TestStream {
    let stream = host.stream();
    stream.request_headers(&[(":method", "POST")], false);
    for (index, piece) in pieces.iter().enumerate() {
        stream.request_body(piece, index + 1 == pieces.len());
    }
    stream
}

#[test]
fn each_url_list_counts_by_itself() {
    let host = configured(r#"{"block_exact_urls": ["/a?b"]}"#);
    assert!(blocks_path(&host, "/a?b"));
    assert!(!blocks_path(&host, "/a?bc"));
    let host = configured(r#"{"block_regexp_urls": ["^/x\\d$"]}"#);
    assert!(blocks_path(&host, "/x1"));
    assert!(!blocks_path(&host, "/x12"));
    let host = configured(r#"{"block_urls": ["swagger"]}"#);
    assert!(blocks_path(&host, "/a/swagger.html"));
    assert!(!blocks_path(&host, "/a"));
}

#[test]
fn the_answer_is_the_configured_one() {
    let host =
        configured(r#"{"block_urls": ["a"], "blocked_code": "418", "blocked_message": "no"}"#);
    let stream = host.stream();
    stream.request_headers(&[(":path", "/a")], true);
    let reply = stream.local_reply().unwrap();
    assert_eq!((reply.status, reply.body_text().as_str()), (418, "no"));
}

#[test]
fn headers_are_searched_as_lines_of_names_and_values() {
    let host = configured(r#"{"block_headers": ["x-scanner\n", "x-mode\ndebug\n"]}"#);
    for (name, value, blocked) in [
        ("x-scanner", "1", true),
        ("x-mode", "debug", true),
        ("x-mode", "debugger", false),
        ("x-scanner-version", "1", false),
    ] {
        let stream = host.stream();
        stream.request_headers(&[(name, value)], true);
        assert_eq!(stream.local_reply().is_some(), blocked, "{name}: {value}");
    }
}

#[test]
fn a_body_is_held_until_it_was_checked() {
    let host = configured(r#"{"block_bodies": ["attack"]}"#);
    let stream = host.stream();
    assert_eq!(stream.request_headers(&[(":method", "POST")], false).0, 1);
    assert_eq!(stream.request_body("an att", false).0, 1);
    assert_eq!(stream.forwarded_request_body(), b"");
    assert_eq!(stream.request_body("ack", true).0, 3);
    assert_eq!(stream.local_reply().unwrap().status, 403);
    assert_eq!(stream.forwarded_request_body(), b"");
}

#[test]
fn a_harmless_body_goes_on_whole() {
    let host = configured(r#"{"block_bodys": ["attack"]}"#);
    let stream = post(&host, &["a har", "mless", ""]);
    assert_eq!(stream.local_reply(), None);
    assert_eq!(stream.forwarded_request_body(), b"a harmless");
}

#[test]
fn trailers_end_the_body() {
    let host = configured(r#"{"block_bodies": ["attack"]}"#);
    let stream = host.stream();
    stream.request_headers(&[(":method", "POST")], false);
    stream.request_body("attack", false);
    assert!(!stream.request_trailers(&[("x", "y")]).is_continue());
    assert_eq!(stream.local_reply().unwrap().status, 403);
}

#[test]
fn a_request_without_a_body_is_not_held() {
    let host = configured(r#"{"block_bodies": ["attack"]}"#);
    assert!(host.stream().request_headers(&[], true).is_continue());
}

#[test]
fn a_body_over_the_limit_is_refused_while_it_arrives() {
    let host = configured(r#"{"block_bodies": ["attack"]}"#);
    let stream = host.stream();
    stream.request_headers(&[(":method", "POST")], false);
    assert_eq!(
        stream.property(&["set_decoder_buffer_limit"]),
        Some(b"33554432".to_vec())
    );
    let limit = vec![b'x'; crate::BODY_LIMIT_BYTES];
    assert_eq!(stream.request_body(&limit, false).0, 1);
    assert_eq!(stream.request_body("x", false).0, 3);
    assert_eq!(stream.local_reply().unwrap().status, 413);
}

#[test]
fn without_case_every_list_ignores_it() {
    let host = configured(
        r#"{"case_sensitive": "false", "block_exact_urls": ["/Exact"], "block_urls": ["Secret"],
            "block_headers": ["NikTo"], "block_bodies": ["Drop Table"]}"#,
    );
    assert!(blocks_path(&host, "/eXACT"));
    assert!(blocks_path(&host, "/sEcReT"));
    let stream = host.stream();
    stream.request_headers(&[("user-agent", "nikto")], true);
    assert!(stream.local_reply().is_some());
    assert!(post(&host, &["x; DROP table"]).local_reply().is_some());
}

#[test]
fn an_empty_configuration_warns_and_blocks_nothing() {
    let host = configured("{}");
    assert!(host.has_logged(LogLevel::Warn, "blocks nothing"));
    assert!(!blocks_path(&host, "/swagger.html"));
}

#[test]
fn wrong_configurations_are_refused_with_their_place() {
    for (configuration, place) in [
        (r#"{"block_urls": "a"}"#, "$.block_urls"),
        (r#"{"block_urls": [1]}"#, "$.block_urls[0]"),
        (r#"{"block_urls": ["a", ""]}"#, "block_urls[1]"),
        (r#"{"block_regexp_urls": ["("]}"#, "block_regexp_urls[0]"),
        (r#"{"blocked_code": 99}"#, "blocked_code"),
        (
            r#"{"_rules_": [{"_match_route_": ["a"], "block_urls": 1}]}"#,
            "$._rules_[0].block_urls",
        ),
    ] {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(configuration), "{configuration}");
        assert!(host.has_logged(LogLevel::Error, place), "{:?}", host.logs());
    }
}

#[test]
fn the_rule_of_the_route_decides() {
    let host = configured(
        r#"{"block_urls": ["swagger.html"], "_rules_": [
            {"block_bodies": ["foo"], "_match_route_": ["default/foo"]},
            {"block_bodies": ["bar"], "_match_domain_": ["*.example.com"]}]}"#,
    );
    let stream = host.stream();
    stream.set_route_name("default/foo");
    let headers = [(":path", "/swagger.html"), (":method", "POST")];
    stream.request_headers(&headers, false);
    stream.request_body("a foo body", true);
    assert_eq!(stream.local_reply().unwrap().status, 403);
    assert!(blocks_path(&host, "/swagger.html"));
}

#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
