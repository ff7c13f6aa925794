//! Limits the requests per minute of each caller.
//!
//! Shared data holds one time per caller: when its allowance will be full again. A request moves it
//! on by a minute's part, and is refused when it would lie more than a minute ahead. No timer is
//! needed, and all workers count together.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use higress_wasm_rust::SharedRuleMatcher;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, Status};
use serde::Deserialize;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const TRIES: usize = 20;

#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Config {
    per_minute: u64,
    header: String,
}

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    requests_per_minute: u64,
    #[serde(default = "default_header")]
    header: String,
}

fn default_header() -> String {
    "x-api-key".to_string()
}

impl TryFrom<Written> for Config {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        if !(1..=1_000_000).contains(&written.requests_per_minute) {
            return Err("requests_per_minute: must be between 1 and 1000000");
        }
        if written.header.is_empty() {
            return Err("header: must not be empty");
        }
        Ok(Self {
            per_minute: written.requests_per_minute,
            header: written.header,
        })
    }
}

/// One request.
pub(crate) struct Plugin {
    rule_matcher: SharedRuleMatcher<Config>,
}

impl Plugin {
    pub(crate) fn new(rule_matcher: SharedRuleMatcher<Config>) -> Self {
        Self { rule_matcher }
    }

    fn now(&self) -> u64 {
        nanoseconds(self.get_current_time())
    }

    /// Counts one request. Returns 0, or the nanoseconds after which it would be in order.
    fn take(&self, key: &str, per_minute: u64) -> u64 {
        for _ in 0..TRIES {
            let (data, version) = self.get_shared_data(key);
            let stored = data.and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)));
            let now = self.now();
            // Further ahead than a minute is only possible when the clock was set back: start afresh.
            let usable = stored.filter(|time| *time <= now + MINUTE);
            let next = usable.unwrap_or(now).max(now) + MINUTE / per_minute;
            if next > now + MINUTE {
                return next - now - MINUTE;
            }
            let written = self.set_shared_data(key, Some(&next.to_le_bytes()), version);
            if written != Err(Status::CasMismatch) {
                return 0;
            }
        }
        0 // so much at once on one key: better one too many than a refusal without reason
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    since.as_nanos() as u64
}

impl Context for Plugin {}

impl HttpContext for Plugin {
    fn on_http_request_headers(&mut self, _num_headers: usize, _end_of_stream: bool) -> Action {
        let Some(config) = self.rule_matcher.borrow().get_match_config() else {
            return Action::Continue;
        };
        let caller = self.get_http_request_header(&config.header);
        let Some(caller) = caller.filter(|caller| !caller.is_empty()) else {
            return Action::Continue;
        };
        let key = format!("ratelimit/{}/{caller}", config.0);
        let wait = self.take(&key, config.per_minute);
        if wait == 0 {
            return Action::Continue;
        }
        let seconds = wait.div_ceil(SECOND).to_string();
        self.send_http_response(429, vec![("retry-after", &seconds)], None);
        Action::StopAllIterationAndWatermark
    }
}
