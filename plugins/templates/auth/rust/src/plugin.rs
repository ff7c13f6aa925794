//! Admits requests with a known token.

use higress_wasm_rust::SharedRuleMatcher;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use serde::Deserialize;

#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Config {
    header: String,
    tokens: Vec<Token>,
}

#[derive(Clone, Deserialize)]
struct Token {
    token: String,
    consumer: String,
}

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    #[serde(default = "default_header")]
    header: String,
    tokens: Vec<Token>,
}

fn default_header() -> String {
    "x-api-token".to_string()
}

impl TryFrom<Written> for Config {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { header, tokens } = written;
        if header.is_empty() {
            return Err("header: must not be empty".to_string());
        }
        if tokens.is_empty() {
            return Err("tokens: must not be empty".to_string());
        }
        for (index, Token { token, consumer }) in tokens.iter().enumerate() {
            if token.is_empty() || consumer.is_empty() {
                return Err(format!("tokens[{index}]: token and consumer are required"));
            }
            if tokens[..index]
                .iter()
                .any(|earlier| earlier.token == *token)
            {
                return Err(format!("tokens[{index}].token: is there twice"));
            }
        }
        Ok(Self { header, tokens })
    }
}

impl Config {
    /// Looks at every token, so the time does not tell which one was close.
    fn consumer(&self, given: &[u8]) -> Option<&str> {
        self.tokens.iter().fold(None, |found, token| {
            let equal = equal_in_constant_time(token.token.as_bytes(), given);
            if equal {
                Some(token.consumer.as_str())
            } else {
                found
            }
        })
    }
}

/// The time depends on the lengths only.
fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y));
    a.len() == b.len() && std::hint::black_box(difference) == 0
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
        self.remove_http_request_header("x-consumer");
        let Some(config) = self.rule_matcher.borrow().get_match_config() else {
            return Action::Continue;
        };
        let token = self.get_http_request_header_bytes(&config.header);
        let Some(consumer) = config.consumer(&token.unwrap_or_default()) else {
            self.send_http_response(401, vec![("www-authenticate", "Token")], None);
            return Action::StopAllIterationAndWatermark;
        };
        self.remove_http_request_header(&config.header);
        self.add_http_request_header("x-consumer", consumer);
        Action::Continue
    }
}
