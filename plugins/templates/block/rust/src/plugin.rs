//! Refuses requests whose path has one of many texts.

use higress_wasm_rust::SharedRuleMatcher;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use serde::Deserialize;

#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Config {
    paths: Vec<String>,
    status: u32,
    message: String,
}

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    block_paths: Vec<String>,
    #[serde(default = "forbidden")]
    status: u32,
    #[serde(default)]
    message: String,
}

fn forbidden() -> u32 {
    403
}

impl TryFrom<Written> for Config {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        if written.block_paths.is_empty() || written.block_paths.iter().any(String::is_empty) {
            return Err("block_paths: must have texts, none of them empty");
        }
        if !(400..600).contains(&written.status) {
            return Err("status: must be between 400 and 599");
        }
        Ok(Self {
            paths: written.block_paths,
            status: written.status,
            message: written.message,
        })
    }
}

impl Config {
    fn blocks(&self, path: &str) -> bool {
        self.paths.iter().any(|text| path.contains(text))
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
        let Some(config) = self.rule_matcher.borrow().get_match_config() else {
            return Action::Continue;
        };
        let path = self.get_http_request_header(":path").unwrap_or_default();
        if !config.blocks(&path) {
            return Action::Continue;
        }
        self.send_http_response(config.status, vec![], Some(config.message.as_bytes()));
        Action::StopAllIterationAndWatermark
    }
}
