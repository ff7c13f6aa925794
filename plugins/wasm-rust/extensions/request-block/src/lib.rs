//! Refuses requests by their URL, headers or body.
//!
//! The order of the checks is exact URLs, regular expressions, URL parts, headers, body. The body is
//! held only when there are body patterns, together with the headers, so that upstream sees nothing
//! of a refused request.

mod config;
mod patterns;
#[cfg(test)]
mod plugin_test;

use std::cell::RefCell;
use std::rc::Rc;

use higress_wasm_rust::{on_configure, Log, RuleMatcher, SharedRuleMatcher};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, Bytes, ContextType, DataAction, HeaderAction};

use config::RequestBlockConfig;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(RequestBlockRoot::new()) });
}}

/// A body that is checked may be this long; a longer one is refused while it arrives.
const BODY_LIMIT_BYTES: usize = 32 * 1024 * 1024;

struct RequestBlockRoot {
    log: Log,
    rule_matcher: SharedRuleMatcher<RequestBlockConfig>,
}

impl RequestBlockRoot {
    fn new() -> Self {
        Self {
            log: Log::new("request-block".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        }
    }
}

impl Context for RequestBlockRoot {}

impl RootContext for RequestBlockRoot {
    fn on_configure(&mut self, plugin_configuration_size: usize) -> bool {
        let mut matcher = self.rule_matcher.borrow_mut();
        let accepted = on_configure(self, plugin_configuration_size, &mut matcher, &self.log);
        if accepted && matcher.configs().any(RequestBlockConfig::blocks_nothing) {
            self.log
                .warn("a configuration without any block list blocks nothing");
        }
        accepted
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(RequestBlock {
            rule_matcher: self.rule_matcher.clone(),
            checking: None,
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct RequestBlock {
    rule_matcher: SharedRuleMatcher<RequestBlockConfig>,
    /// Set while the request's body is held and will be checked.
    checking: Option<Rc<RequestBlockConfig>>,
}

impl Context for RequestBlock {}

impl HttpContext for RequestBlock {
    fn on_http_request_headers(
        &mut self,
        _num_headers: usize,
        end_of_stream: bool,
    ) -> HeaderAction {
        let Some(matched) = self.rule_matcher.borrow().get_match_config() else {
            return HeaderAction::Continue;
        };
        let config = matched.1;
        if self.url_is_blocked(&config) || self.headers_are_blocked(&config) {
            self.block(&config);
            return HeaderAction::StopAllIterationAndWatermark;
        }
        if end_of_stream || config.bodies.is_empty() {
            return HeaderAction::Continue;
        }
        let limit = BODY_LIMIT_BYTES.to_string();
        self.set_property(vec!["set_decoder_buffer_limit"], Some(limit.as_bytes()));
        self.checking = Some(config);
        HeaderAction::StopIteration
    }

    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> DataAction {
        if self.checking.is_none() {
            return DataAction::Continue;
        }
        if body_size > BODY_LIMIT_BYTES {
            self.checking = None;
            self.send_http_response(413, vec![], Some(b"Request Body Too Large"));
            return DataAction::StopIterationNoBuffer;
        }
        if !end_of_stream {
            return DataAction::StopIterationAndBuffer;
        }
        match self.check_body(body_size) {
            true => DataAction::StopIterationNoBuffer,
            false => DataAction::Continue,
        }
    }

    fn on_http_request_trailers(&mut self, _num_trailers: usize) -> Action {
        match self.check_body(BODY_LIMIT_BYTES) {
            true => Action::StopIteration,
            false => Action::Continue,
        }
    }
}

impl RequestBlock {
    fn url_is_blocked(&self, config: &RequestBlockConfig) -> bool {
        if !config.looks_at_urls() {
            return false;
        }
        let path = self
            .get_http_request_header_bytes(":path")
            .unwrap_or_default();
        config.blocks_url(&path)
    }

    fn headers_are_blocked(&self, config: &RequestBlockConfig) -> bool {
        !config.headers.is_empty() && config.headers.found_in(&self.header_text())
    }

    /// Every header as name LF value LF.
    fn header_text(&self) -> Bytes {
        let mut text = Bytes::new();
        for (name, value) in self.get_http_request_headers_bytes() {
            text.extend_from_slice(name.as_bytes());
            text.push(b'\n');
            text.extend_from_slice(&value);
            text.push(b'\n');
        }
        text
    }

    /// Checks the held body, once; whether the request was blocked.
    fn check_body(&mut self, size: usize) -> bool {
        let Some(config) = self.checking.take() else {
            return false;
        };
        let body = self.get_http_request_body(0, size).unwrap_or_default();
        let blocked = config.bodies.found_in(&body);
        if blocked {
            self.block(&config);
        }
        blocked
    }

    fn block(&self, config: &RequestBlockConfig) {
        let message = config.blocked_message.as_bytes();
        self.send_http_response(config.blocked_code, vec![], Some(message));
    }
}
