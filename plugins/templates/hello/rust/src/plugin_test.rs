use higress_wasm_rust::testing::TestHost;

use super::_initialize;

fn greeting(configuration: &str) -> Option<String> {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration));
    let stream = host.stream();
    let returned = stream.request_headers(&[(":path", "/"), ("x-hello", "forged")], true);
    assert!(returned.is_continue());
    stream.current_request_headers().get("x-hello")
}

#[test]
fn the_configured_greeting_is_added() {
    assert_eq!(greeting(r#"{"greeting": "hi"}"#).as_deref(), Some("hi"));
}

#[test]
fn without_a_greeting_it_is_hello() {
    assert_eq!(greeting("{}").as_deref(), Some("hello"));
}

#[test]
fn an_empty_greeting_is_refused() {
    let host = TestHost::start(_initialize);
    assert!(!host.configure(r#"{"greeting": ""}"#));
}

/// The cases in `cases/`, when `wasmgate test` gives them.
#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
