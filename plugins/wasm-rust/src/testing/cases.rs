//! Case files (`plugins/cases/README.md`) in the test process.

use std::io::Write;

use proxy_wasm::types::Status;
use serde_json::{json, Value};

use super::{HeaderMap, TestHost};

/// Runs the case files of `wasmgate test`, which names them in `WASMGATE_CASES` as the JSON it makes of
/// them, and a file for results in `WASMGATE_CASE_REPORT`. Without them nothing is run.
///
/// A plug-in calls it from one of its tests. One request is one stream: the plug-in sees the request,
/// then the upstream's answer unless it has replied itself. Panics when a case fails.
pub fn run_cases(initialize: extern "C" fn()) {
    let Ok(path) = std::env::var("WASMGATE_CASES") else {
        return;
    };
    let text = std::fs::read(&path).expect("the file of cases can be read");
    let files: Vec<Value> = serde_json::from_slice(&text).expect("cases are JSON");
    let mut failed = Vec::new();
    for file in &files {
        let messages = run(initialize, file);
        report(&json!({"name": file["name"], "messages": messages}));
        failed.extend(
            messages
                .iter()
                .map(|line| format!("{}: {line}", file["name"])),
        );
    }
    assert!(failed.is_empty(), "cases failed:\n{}", failed.join("\n"));
}

fn report(line: &Value) {
    if let Ok(path) = std::env::var("WASMGATE_CASE_REPORT") {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .append(true)
            .create(true)
            .open(path)
            .expect("the report opens");
        writeln!(file, "{line}").expect("the report can be written");
    }
}

fn run(initialize: extern "C" fn(), file: &Value) -> Vec<String> {
    let host = TestHost::start(initialize);
    // No case that runs here has a service to call.
    host.refuse_calls(Some(Status::InternalFailure));
    let configuration = match &file["config"] {
        Value::Null => String::new(),
        config => config.to_string(),
    };
    if !host.configure(&configuration) {
        return vec!["the configuration was refused".to_string()];
    }
    let mut out = Vec::new();
    for (index, request) in list(&file["requests"]).iter().enumerate() {
        let outcome = send(&host, file, request);
        let mut differences = Vec::new();
        judge(&request["expect"], &outcome, &mut differences);
        out.extend(
            differences
                .into_iter()
                .map(|line| format!("request {index}: {line}")),
        );
    }
    out
}

/// What came of one request: the response that the client gets, the request that upstream gets.
struct Outcome {
    status: String,
    response: (HeaderMap, Vec<u8>),
    reached: bool,
    upstream: (HeaderMap, Vec<u8>),
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pairs(value: &Value) -> Vec<(&str, &str)> {
    list(value)
        .iter()
        .map(|item| (text(&item[0]), text(&item[1])))
        .collect()
}

fn send(host: &TestHost, file: &Value, request: &Value) -> Outcome {
    let stream = host.stream();
    stream.set_route_name(text(&file["route"]));
    stream.set_cluster_name(text(&file["cluster"]));
    let mut headers = vec![
        (":authority", text(&request["host"])),
        (":path", text(&request["path"])),
        (":method", text(&request["method"])),
    ];
    headers.extend(pairs(&request["headers"]));
    let pieces = list(&request["pieces"]);
    let mut passed = stream
        .request_headers(&headers, pieces.is_empty())
        .is_continue();
    for (index, piece) in pieces.iter().enumerate() {
        if stream.local_reply().is_none() {
            let last = index + 1 == pieces.len();
            let returned = stream.request_body(text(piece), last);
            passed = passed || (last && returned.is_continue());
        }
    }
    let reached = (passed || stream.request_resumed() > 0) && stream.local_reply().is_none();
    let upstream = (
        stream.current_request_headers(),
        stream.forwarded_request_body(),
    );
    if reached {
        let answer = &file["upstream"];
        let status = answer["status"].to_string();
        let mut headers = vec![(":status", status.as_str())];
        headers.extend(pairs(&answer["headers"]));
        let body = text(&answer["body"]);
        stream.response_headers(&headers, body.is_empty());
        if !body.is_empty() && stream.local_reply().is_none() {
            stream.response_body(body, true);
        }
    }
    let (status, response) = match stream.local_reply() {
        Some(reply) => {
            let mut headers = reply.headers;
            // As gateways do.
            if !reply.body.is_empty() && headers.get("content-type").is_none() {
                headers.add("content-type", "text/plain");
            }
            (reply.status.to_string(), (headers, reply.body))
        }
        None => {
            let headers = stream.current_response_headers();
            let status = headers.get(":status").filter(|_| reached);
            let body = stream.forwarded_response_body();
            (status.unwrap_or("none".to_string()), (headers, body))
        }
    };
    Outcome {
        status,
        response,
        reached,
        upstream,
    }
}

fn judge(expect: &Value, outcome: &Outcome, out: &mut Vec<String>) {
    if let Some(status) = expect["status"].as_u64() {
        equal(
            "status",
            &json!(status.to_string()),
            &json!(outcome.status),
            out,
        );
    }
    compare(&expect["response"], "response", &outcome.response, out);
    let wanted = text(&expect["reached"]);
    if wanted != "anything" {
        let reached = wanted == "request";
        equal(
            "upstream: reached",
            &json!(reached),
            &json!(outcome.reached),
            out,
        );
    }
    if wanted == "request" && outcome.reached {
        compare(&expect["upstream"], "upstream", &outcome.upstream, out);
    }
}

fn compare(expect: &Value, what: &str, got: &(HeaderMap, Vec<u8>), out: &mut Vec<String>) {
    let wanted = HeaderMap::new(&pairs(&expect["headers"]));
    for (name, _) in wanted.pairs() {
        let what = format!("{what} header {name}");
        equal(&what, &joined(&wanted, name), &joined(&got.0, name), out);
    }
    for name in list(&expect["absent"]) {
        let what = format!("{what} header {}", text(name));
        equal(&what, &Value::Null, &joined(&got.0, text(name)), out);
    }
    let what = format!("{what} body");
    match &expect["body"] {
        Value::Null => {}
        Value::String(wanted) => {
            let got = String::from_utf8_lossy(&got.1);
            equal(&what, &json!(wanted), &json!(got), out);
        }
        wanted => {
            let got = serde_json::from_slice(&got.1).unwrap_or(Value::Null);
            equal(&what, wanted, &got, out);
        }
    }
}

/// All values of a header joined by a comma; null when there is none.
fn joined(headers: &HeaderMap, name: &str) -> Value {
    let own = headers
        .pairs()
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let values: Vec<_> = own
        .map(|(_, value)| String::from_utf8_lossy(value))
        .collect();
    match values.is_empty() {
        true => Value::Null,
        false => json!(values.join(",")),
    }
}

fn equal(what: &str, wanted: &Value, got: &Value, out: &mut Vec<String>) {
    if wanted != got {
        out.push(format!("{what}: expected {wanted}, got {got}"));
    }
}
