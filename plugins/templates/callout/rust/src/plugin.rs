//! Asks a service before it lets a request pass. The request is held while the call is under way.

use std::time::Duration;

use higress_wasm_rust::SharedRuleMatcher;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{HeaderAction, Status};
use serde::Deserialize;

#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Config {
    service: String,
    path: String,
    timeout: Duration,
    fail_open: bool,
}

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    service: String,
    #[serde(default = "default_path")]
    path: String,
    #[serde(default = "default_timeout")]
    timeout_ms: u64,
    #[serde(default)]
    fail_open: bool,
}

fn default_path() -> String {
    "/check".to_string()
}

fn default_timeout() -> u64 {
    1000
}

impl TryFrom<Written> for Config {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        if written.service.is_empty() {
            return Err("service: must not be empty");
        }
        if !(1..=60_000).contains(&written.timeout_ms) {
            return Err("timeout_ms: must be between 1 and 60000");
        }
        Ok(Self {
            service: written.service,
            path: written.path,
            timeout: Duration::from_millis(written.timeout_ms),
            fail_open: written.fail_open,
        })
    }
}

/// One request.
pub(crate) struct Plugin {
    rule_matcher: SharedRuleMatcher<Config>,
    fail_open: bool,
}

impl Plugin {
    pub(crate) fn new(rule_matcher: SharedRuleMatcher<Config>) -> Self {
        Self {
            rule_matcher,
            fail_open: false,
        }
    }

    fn ask(&self, config: &Config) -> Result<u32, Status> {
        let header = |name| self.get_http_request_header(name).unwrap_or_default();
        let headers = [
            (":method", "GET".to_string()),
            (":path", config.path.clone()),
            (":authority", header(":authority")),
            ("authorization", header("authorization")),
            ("x-original-path", header(":path")),
        ];
        let headers = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        self.dispatch_http_call(&config.service, headers, None, vec![], config.timeout)
    }

    /// `status`: of the service's answer, `None` when there was none. True when the request may pass;
    /// else it has been answered.
    fn judge(&self, status: Option<String>) -> bool {
        match status {
            Some(status) if status.starts_with('2') => true,
            Some(_) => {
                self.send_http_response(403, vec![], Some(b"denied"));
                false
            }
            None if self.fail_open => true,
            None => {
                self.send_http_response(503, vec![], None);
                false
            }
        }
    }
}

impl Context for Plugin {
    fn on_http_call_response(
        &mut self,
        _token_id: u32,
        _num_headers: usize,
        _body_size: usize,
        _num_trailers: usize,
    ) {
        if self.judge(self.get_http_call_response_header(":status")) {
            self.resume_http_request();
        }
    }
}

impl HttpContext for Plugin {
    fn on_http_request_headers(
        &mut self,
        _num_headers: usize,
        _end_of_stream: bool,
    ) -> HeaderAction {
        let Some(config) = self.rule_matcher.borrow().get_match_config() else {
            return HeaderAction::Continue;
        };
        self.fail_open = config.fail_open;
        match self.ask(&config) {
            Err(_) if self.judge(None) => HeaderAction::Continue,
            _ => HeaderAction::StopAllIterationAndWatermark,
        }
    }
}
