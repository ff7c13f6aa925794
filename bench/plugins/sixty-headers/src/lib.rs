//! Sets, reads and removes twenty request headers: sixty hostcalls a request (P4' of the benchmarks).
//!
//! What it read is summed up in one header more, so that a run in which the calls did nothing is seen on the wire.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

proxy_wasm::main! {{
    proxy_wasm::set_http_context(|_, _| -> Box<dyn HttpContext> { Box::new(SixtyHeaders) });
}}

const NAMES: [&str; 20] = [
    "x-loop-01",
    "x-loop-02",
    "x-loop-03",
    "x-loop-04",
    "x-loop-05",
    "x-loop-06",
    "x-loop-07",
    "x-loop-08",
    "x-loop-09",
    "x-loop-10",
    "x-loop-11",
    "x-loop-12",
    "x-loop-13",
    "x-loop-14",
    "x-loop-15",
    "x-loop-16",
    "x-loop-17",
    "x-loop-18",
    "x-loop-19",
    "x-loop-20",
];
const VALUE: &str = "a header value of 32 characters.";

struct SixtyHeaders;

impl Context for SixtyHeaders {}

impl HttpContext for SixtyHeaders {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        for name in NAMES {
            self.set_http_request_header(name, Some(VALUE));
        }
        let mut right = 0;
        for name in NAMES {
            if self.get_http_request_header(name).as_deref() == Some(VALUE) {
                right += 1;
            }
        }
        for name in NAMES {
            self.set_http_request_header(name, None);
        }
        if right == NAMES.len() {
            self.set_http_request_header("x-bench-sixty", Some("20"));
        }
        Action::Continue
    }
}
