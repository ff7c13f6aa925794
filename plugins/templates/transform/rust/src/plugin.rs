//! Sets fields of JSON request bodies.
//!
//! The headers are held until the body is known, so that a body can still be refused.

use std::rc::Rc;

use higress_wasm_rust::SharedRuleMatcher;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, DataAction, HeaderAction};
use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) const BODY_LIMIT_BYTES: usize = 1024 * 1024;

#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Config {
    fields: Map<String, Value>,
}

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    set: Map<String, Value>,
}

impl TryFrom<Written> for Config {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written.set.is_empty() {
            true => Err("set: must be an object with fields"),
            false => Ok(Self {
                fields: written.set,
            }),
        }
    }
}

/// One request.
pub(crate) struct Plugin {
    rule_matcher: SharedRuleMatcher<Config>,
    /// Set while a body is awaited.
    config: Option<Rc<Config>>,
    body_size: usize,
}

impl Plugin {
    pub(crate) fn new(rule_matcher: SharedRuleMatcher<Config>) -> Self {
        Self {
            rule_matcher,
            config: None,
            body_size: 0,
        }
    }

    fn is_json(&self) -> bool {
        let kind = self.get_http_request_header("content-type");
        kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
    }

    fn transform_body(&mut self) {
        let Some(config) = self.config.take() else {
            return;
        };
        let bytes = self.get_http_request_body(0, self.body_size);
        let body = serde_json::from_slice(&bytes.unwrap_or_default());
        let Ok(Value::Object(mut fields)) = body else {
            return;
        };
        fields.extend(config.fields.clone());
        let text = Value::Object(fields).to_string();
        self.set_http_request_body(0, self.body_size, text.as_bytes());
    }
}

impl Context for Plugin {}

impl HttpContext for Plugin {
    fn on_http_request_headers(
        &mut self,
        _num_headers: usize,
        end_of_stream: bool,
    ) -> HeaderAction {
        if end_of_stream || !self.is_json() {
            return HeaderAction::Continue;
        }
        let Some(matched) = self.rule_matcher.borrow().get_match_config() else {
            return HeaderAction::Continue;
        };
        self.config = Some(matched.1);
        self.remove_http_request_header("content-length");
        HeaderAction::StopIteration
    }

    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> DataAction {
        if self.config.is_none() {
            return DataAction::Continue;
        }
        self.body_size = body_size;
        if body_size > BODY_LIMIT_BYTES {
            self.config = None;
            self.send_http_response(413, vec![], None);
            return DataAction::StopIterationNoBuffer;
        }
        if !end_of_stream {
            return DataAction::StopIterationAndBuffer;
        }
        self.transform_body();
        DataAction::Continue
    }

    fn on_http_request_trailers(&mut self, _num_trailers: usize) -> Action {
        self.transform_body();
        Action::Continue
    }
}
