//! What stands between the gateway and a wrapped plug-in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use multimap::MultiMap;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, Bytes, DataAction, HeaderAction};
use serde::de::DeserializeOwned;

use super::callbacks::{run, take_rematch, with_callbacks};
use super::HttpContextWrapper;
use crate::rule_matcher::SharedRuleMatcher;

type Plugin<C> = Rc<RefCell<Box<dyn HttpContextWrapper<C>>>>;

/// How far the held body of one direction is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Awaited,
    Shown,
}

/// The HTTP context that the gateway sees; see the module's text.
///
/// The plug-in is borrowed only while one of its own callbacks runs, so functions given to `http_call`
/// may borrow it again.
pub struct PluginHttpWrapper<C>
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    rule_matcher: SharedRuleMatcher<C>,
    plugin: Plugin<C>,
    context_id: Cell<u32>,
    has_config: bool,
    request_body: Body,
    response_body: Body,
}

impl<C> PluginHttpWrapper<C>
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    /// Wraps a plug-in's context.
    pub fn new(
        rule_matcher: &SharedRuleMatcher<C>,
        http_content: Box<dyn HttpContextWrapper<C>>,
    ) -> Self {
        let plugin: Plugin<C> = Rc::new(RefCell::new(http_content));
        let weak = Rc::downgrade(&plugin);
        plugin.borrow_mut().init_self_weak(weak);
        Self {
            rule_matcher: Rc::clone(rule_matcher),
            plugin,
            context_id: Cell::new(proxy_wasm::active_context_id()),
            has_config: false,
            request_body: Body::Awaited,
            response_body: Body::Awaited,
        }
    }

    fn choose_config(&mut self) {
        let matched = self.rule_matcher.borrow().get_match_config();
        self.has_config = matched.is_some();
        if let Some(matched) = matched {
            self.plugin.borrow_mut().on_config(matched.1);
        }
    }

    /// Runs one of the plug-in's callbacks, and what it has asked for afterwards.
    fn call<R>(&mut self, f: impl FnOnce(&mut dyn HttpContextWrapper<C>) -> R) -> R {
        let result = f(self.plugin.borrow_mut().as_mut());
        self.after_callback();
        result
    }

    fn after_callback(&mut self) {
        if take_rematch() {
            self.choose_config();
        }
    }

    fn headers(&self, pairs: Vec<(String, Bytes)>) -> MultiMap<String, String> {
        let mut headers = MultiMap::with_capacity(pairs.len());
        for (name, value) in pairs {
            match String::from_utf8(value) {
                Ok(value) => headers.insert(name, value),
                Err(_) => {
                    let plugin = self.plugin.borrow();
                    let line = format!("header {name} is left out of the map: not UTF-8");
                    plugin.log().warn(&line);
                }
            }
        }
        headers
    }

    fn show_request_body(&mut self, size: usize) -> DataAction {
        self.request_body = Body::Shown;
        let body = self.get_http_request_body(0, size).unwrap_or_default();
        self.call(|plugin| plugin.on_http_request_complete_body(&body))
    }

    fn show_response_body(&mut self, size: usize) -> DataAction {
        self.response_body = Body::Shown;
        let body = self.get_http_response_body(0, size).unwrap_or_default();
        self.call(|plugin| plugin.on_http_response_complete_body(&body))
    }

    fn holds_request_body(&self) -> bool {
        self.request_body == Body::Awaited && self.plugin.borrow().cache_request_body()
    }

    fn holds_response_body(&self) -> bool {
        self.response_body == Body::Awaited && self.plugin.borrow().cache_response_body()
    }
}

impl<C> Context for PluginHttpWrapper<C>
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    fn on_http_call_response(
        &mut self,
        token_id: u32,
        num_headers: usize,
        body_size: usize,
        num_trailers: usize,
    ) {
        match with_callbacks(|callbacks| callbacks.pop(token_id)) {
            Some(callback) => {
                run(callback, body_size);
                self.after_callback();
            }
            None => self.call(|plugin| {
                plugin.on_http_call_response(token_id, num_headers, body_size, num_trailers)
            }),
        }
    }

    fn on_grpc_call_response(&mut self, token_id: u32, status_code: u32, response_size: usize) {
        self.call(|plugin| plugin.on_grpc_call_response(token_id, status_code, response_size));
    }

    fn on_grpc_stream_initial_metadata(&mut self, token_id: u32, num_elements: u32) {
        self.call(|plugin| plugin.on_grpc_stream_initial_metadata(token_id, num_elements));
    }

    fn on_grpc_stream_message(&mut self, token_id: u32, message_size: usize) {
        self.call(|plugin| plugin.on_grpc_stream_message(token_id, message_size));
    }

    fn on_grpc_stream_trailing_metadata(&mut self, token_id: u32, num_elements: u32) {
        self.call(|plugin| plugin.on_grpc_stream_trailing_metadata(token_id, num_elements));
    }

    fn on_grpc_stream_close(&mut self, token_id: u32, status_code: u32) {
        self.call(|plugin| plugin.on_grpc_stream_close(token_id, status_code));
    }

    fn on_done(&mut self) -> bool {
        self.call(|plugin| plugin.on_done())
    }
}

impl<C> HttpContext for PluginHttpWrapper<C>
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    fn on_http_request_headers(&mut self, num_headers: usize, end_of_stream: bool) -> HeaderAction {
        self.context_id.set(proxy_wasm::active_context_id());
        self.choose_config();
        if !self.has_config {
            return HeaderAction::Continue;
        }
        let mut action =
            self.call(|plugin| plugin.on_http_request_headers(num_headers, end_of_stream));
        if action == HeaderAction::Continue {
            let headers = self.headers(self.get_http_request_headers_bytes());
            action = self.call(|plugin| plugin.on_http_request_complete_headers(&headers));
        }
        match end_of_stream && action == HeaderAction::StopIteration && self.holds_request_body() {
            true => self.show_request_body(0),
            false => action,
        }
    }

    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> DataAction {
        if !self.has_config {
            return DataAction::Continue;
        }
        if !self.holds_request_body() {
            return self.call(|plugin| plugin.on_http_request_body(body_size, end_of_stream));
        }
        match end_of_stream {
            true => self.show_request_body(body_size),
            false => DataAction::StopIterationAndBuffer,
        }
    }

    fn on_http_request_trailers(&mut self, num_trailers: usize) -> Action {
        if !self.has_config {
            return Action::Continue;
        }
        if self.holds_request_body() {
            let action = self.show_request_body(usize::MAX);
            if action != Action::Continue {
                return action;
            }
        }
        self.call(|plugin| plugin.on_http_request_trailers(num_trailers))
    }

    fn on_http_response_headers(
        &mut self,
        num_headers: usize,
        end_of_stream: bool,
    ) -> HeaderAction {
        if !self.has_config {
            return HeaderAction::Continue;
        }
        let mut action =
            self.call(|plugin| plugin.on_http_response_headers(num_headers, end_of_stream));
        if action == HeaderAction::Continue {
            let headers = self.headers(self.get_http_response_headers_bytes());
            action = self.call(|plugin| plugin.on_http_response_complete_headers(&headers));
        }
        match end_of_stream && action == HeaderAction::StopIteration && self.holds_response_body() {
            true => self.show_response_body(0),
            false => action,
        }
    }

    fn on_http_response_body(&mut self, body_size: usize, end_of_stream: bool) -> DataAction {
        if !self.has_config {
            return DataAction::Continue;
        }
        if !self.holds_response_body() {
            return self.call(|plugin| plugin.on_http_response_body(body_size, end_of_stream));
        }
        match end_of_stream {
            true => self.show_response_body(body_size),
            false => DataAction::StopIterationAndBuffer,
        }
    }

    fn on_http_response_trailers(&mut self, num_trailers: usize) -> Action {
        if !self.has_config {
            return Action::Continue;
        }
        if self.holds_response_body() {
            let action = self.show_response_body(usize::MAX);
            if action != Action::Continue {
                return action;
            }
        }
        self.call(|plugin| plugin.on_http_response_trailers(num_trailers))
    }

    fn on_log(&mut self) {
        self.call(|plugin| plugin.on_log());
    }
}

impl<C> Drop for PluginHttpWrapper<C>
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    fn drop(&mut self) {
        with_callbacks(|callbacks| callbacks.forget(self.context_id.get()));
    }
}
