use std::time::{Duration, SystemTime, UNIX_EPOCH};

use higress_wasm_rust::testing::TestHost;

use super::_initialize;

fn configured(configuration: &str) -> TestHost {
    let host = TestHost::start(_initialize);
    assert!(host.configure(configuration));
    host.set_time(at(1_000_000));
    host
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Status and retry-after of the refusal of a request from `caller`; `None`: it passed.
fn refusal(host: &TestHost, caller: &str) -> Option<(u32, String)> {
    let stream = host.stream();
    stream.request_headers(&[("x-api-key", caller)], true);
    let reply = stream.local_reply()?;
    Some((reply.status, reply.headers.get("retry-after")?))
}

#[test]
fn after_the_limit_requests_are_refused_until_later() {
    let host = configured(r#"{"requests_per_minute": 2}"#);
    assert_eq!(refusal(&host, "a"), None);
    assert_eq!(refusal(&host, "a"), None);
    assert_eq!(refusal(&host, "a"), Some((429, "30".to_string())));
    host.set_time(at(1_000_030));
    assert_eq!(refusal(&host, "a"), None);
    assert!(refusal(&host, "a").is_some());
}

#[test]
fn callers_are_counted_apart() {
    let host = configured(r#"{"requests_per_minute": 1}"#);
    assert_eq!(refusal(&host, "a"), None);
    assert_eq!(refusal(&host, "b"), None);
    assert!(refusal(&host, "a").is_some());
    assert_eq!(refusal(&host, ""), None);
    assert_eq!(refusal(&host, ""), None);
}

#[test]
fn it_starts_afresh_when_the_clock_was_set_back() {
    let host = configured(r#"{"requests_per_minute": 1}"#);
    assert_eq!(refusal(&host, "a"), None);
    host.set_time(at(900_000));
    assert_eq!(refusal(&host, "a"), None);
}

#[test]
fn a_configuration_without_a_limit_is_refused() {
    for configuration in [
        r#"{"requests_per_minute": 0}"#,
        r#"{"requests_per_minute": 1, "header": ""}"#,
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
