//! Adds a greeting to every request.

use higress_wasm_rust::SharedRuleMatcher;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Config {
    greeting: String,
}

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    greeting: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        let greeting = "hello".to_string();
        Self { greeting }
    }
}

impl TryFrom<Written> for Config {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written.greeting {
            None => Ok(Self::default()),
            Some(greeting) if greeting.is_empty() => Err("greeting: must not be empty"),
            Some(greeting) => Ok(Self { greeting }),
        }
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
}

impl Context for Plugin {}

impl HttpContext for Plugin {
    fn on_http_request_headers(&mut self, _num_headers: usize, _end_of_stream: bool) -> Action {
        if let Some(config) = self.rule_matcher.borrow().get_match_config() {
            self.set_http_request_header("x-hello", Some(&config.greeting));
        }
        Action::Continue
    }
}
