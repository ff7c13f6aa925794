use higress_wasm_rust::testing::{TestHost, TestStream};

use super::_initialize;

const CONFIGURATION: &str =
    r#"{"header": "x-token", "tokens": [{"token": "secret", "consumer": "alice"}]}"#;

fn request(host: &TestHost, headers: &[(&str, &str)]) -> TestStream {
    let stream = host.stream();
    stream.request_headers(headers, true);
    stream
}

fn configured() -> TestHost {
    let host = TestHost::start(_initialize);
    assert!(host.configure(CONFIGURATION));
    host
}

#[test]
fn upstream_is_told_the_consumer() {
    let host = configured();
    let stream = request(&host, &[("x-token", "secret"), ("x-consumer", "forged")]);
    assert!(stream.local_reply().is_none());
    let headers = stream.current_request_headers();
    assert_eq!(headers.get("x-consumer").as_deref(), Some("alice"));
    assert_eq!(headers.get("x-token"), None);
}

#[test]
fn unknown_and_missing_tokens_are_refused() {
    let host = configured();
    for token in ["", "secre", "secret2"] {
        let stream = request(&host, &[("x-token", token)]);
        assert_eq!(stream.local_reply().unwrap().status, 401, "{token}");
    }
    let stream = request(&host, &[("x-consumer", "alice")]);
    assert_eq!(stream.local_reply().unwrap().status, 401);
}

#[test]
fn tokens_stay_out_of_the_log() {
    let host = configured();
    request(&host, &[("x-token", "secret")]);
    assert!(host.logs().iter().all(|(_, line)| !line.contains("secret")));
}

#[test]
fn configurations_without_usable_tokens_are_refused() {
    for configuration in [
        r#"{"tokens": []}"#,
        r#"{"tokens": [{"token": "", "consumer": "a"}]}"#,
        r#"{"tokens": [{"token": "t", "consumer": "a"}, {"token": "t", "consumer": "b"}]}"#,
    ] {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(configuration), "{configuration}");
    }
}

/// The cases in `cases/`, when `wasmgate test` gives them.
#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
