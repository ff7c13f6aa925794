use higress_wasm_rust::testing::{TestHost, TestStream};

use super::_initialize;
use super::plugin::BODY_LIMIT_BYTES;

/// Sends a body in pieces to a plug-in that sets `model` and `n`.
fn send(host: &TestHost, kind: &str, pieces: &[&[u8]]) -> TestStream {
    assert!(host.configure(r#"{"set": {"model": "small", "n": 1}}"#));
    let stream = host.stream();
    stream.request_headers(&[(":method", "POST"), ("content-type", kind)], false);
    for (index, piece) in pieces.iter().enumerate() {
        stream.request_body(piece, index + 1 == pieces.len());
    }
    stream
}

fn sent(kind: &str, pieces: &[&[u8]]) -> String {
    let host = TestHost::start(_initialize);
    let stream = send(&host, kind, pieces);
    String::from_utf8(stream.forwarded_request_body()).unwrap()
}

#[test]
fn fields_are_set() {
    assert_eq!(
        sent("application/json", &[b"{\"model\":\"large\",", b"\"a\":2}"]),
        r#"{"a":2,"model":"small","n":1}"#
    );
}

#[test]
fn other_bodies_are_left_alone() {
    assert_eq!(sent("application/json", &[b"[1]"]), "[1]");
    assert_eq!(sent("text/plain", &[b"{\"a\":2}"]), r#"{"a":2}"#);
}

#[test]
fn large_bodies_are_refused() {
    let host = TestHost::start(_initialize);
    let large = vec![b'x'; BODY_LIMIT_BYTES + 1];
    let stream = send(&host, "application/json", &[&large]);
    assert_eq!(stream.local_reply().unwrap().status, 413);
}

#[test]
fn a_configuration_without_fields_is_refused() {
    for configuration in [r#"{"set": {}}"#, r#"{"set": ["a"]}"#] {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(configuration), "{configuration}");
    }
}

/// The cases in `cases/`, when `wasmgate test` gives them.
#[test]
fn cases() {
    higress_wasm_rust::testing::run_cases(_initialize);
}
