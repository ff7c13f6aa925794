use higress_wasm_rust::testing::TestHost;

use super::_initialize;

/// Status of the refusal of a request; `None`: it passed.
fn refusal(host: &TestHost, route: &str, path: &str) -> Option<u32> {
    let stream = host.stream();
    stream.set_route_name(route);
    stream.request_headers(&[(":path", path)], true);
    stream.local_reply().map(|reply| reply.status)
}

#[test]
fn listed_texts_are_refused() {
    let host = TestHost::start(_initialize);
    assert!(host.configure(r#"{"block_paths": ["swagger", "debug=1"], "status": 404}"#));
    assert_eq!(refusal(&host, "r", "/a/swagger.html"), Some(404));
    assert_eq!(refusal(&host, "r", "/?debug=1"), Some(404));
    assert_eq!(refusal(&host, "r", "/Swagger"), None);
}

#[test]
fn routes_are_kept_apart() {
    let host = TestHost::start(_initialize);
    assert!(host.configure(r#"{"_rules_": [{"_match_route_": ["a"], "block_paths": ["x"]}]}"#));
    assert_eq!(refusal(&host, "a", "/x"), Some(403));
    assert_eq!(refusal(&host, "b", "/x"), None);
}

#[test]
fn a_configuration_that_blocks_nothing_or_everything_is_refused() {
    for configuration in [
        r#"{"block_paths": []}"#,
        r#"{"block_paths": [""]}"#,
        r#"{"block_paths": ["x"], "status": 200}"#,
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
