//! Contexts that do the usual work themselves.
//!
//! A plug-in implements [`HttpContextWrapper`] instead of a bare HTTP context, and gets: its
//! configuration once it is known ([`on_config`](HttpContextWrapper::on_config)), whole header maps,
//! whole bodies, and HTTP calls that end in a function. [`PluginHttpWrapper`] stands between the gateway
//! and the plug-in; requests without a configuration never reach it.

mod callbacks;
mod wrapper;
#[cfg(test)]
mod wrapper_test;

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::OnceLock;
use std::time::Duration;

use downcast_rs::{impl_downcast, Downcast};
use multimap::MultiMap;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{HttpContext, RootContext};
use proxy_wasm::types::{BufferType, Bytes, DataAction, HeaderAction, Status};
use serde::de::DeserializeOwned;

use crate::cluster_wrapper::Cluster;
use crate::log::Log;
use crate::rule_matcher::SharedRuleMatcher;

pub use callbacks::{HttpCallbackDispatcher, HttpCallbackFn};
pub use wrapper::PluginHttpWrapper;

/// A root context whose HTTP contexts are wrapped.
pub trait RootContextWrapper<C>: RootContext
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    /// To be returned from `create_http_context`.
    fn create_http_context_use_wrapper(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        let context = self.create_http_context_wrapper(context_id)?;
        Some(Box::new(PluginHttpWrapper::new(
            self.rule_matcher(),
            context,
        )))
    }

    /// The matcher that `on_configure` fills.
    fn rule_matcher(&self) -> &SharedRuleMatcher<C>;

    /// Makes the plug-in's context of one request.
    fn create_http_context_wrapper(
        &self,
        _context_id: u32,
    ) -> Option<Box<dyn HttpContextWrapper<C>>> {
        None
    }
}

/// The plug-in's part of one request.
pub trait HttpContextWrapper<C>: HttpContext + Downcast
where
    C: Default + DeserializeOwned + Clone + 'static,
{
    /// Gives the plug-in a way back to itself, for functions that run later.
    fn init_self_weak(&mut self, _self_weak: Weak<RefCell<Box<dyn HttpContextWrapper<C>>>>) {}

    /// Where log lines of the wrapper go.
    fn log(&self) -> &Log {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| Log::new("plugin".to_string()))
    }

    /// The configuration of this request, before any other callback.
    fn on_config(&mut self, _config: Rc<C>) {}

    /// All request headers, after `on_http_request_headers` has returned Continue.
    fn on_http_request_complete_headers(
        &mut self,
        _headers: &MultiMap<String, String>,
    ) -> HeaderAction {
        HeaderAction::Continue
    }

    /// All response headers, after `on_http_response_headers` has returned Continue.
    fn on_http_response_complete_headers(
        &mut self,
        _headers: &MultiMap<String, String>,
    ) -> HeaderAction {
        HeaderAction::Continue
    }

    /// Whether the request's body is held and shown as a whole.
    fn cache_request_body(&self) -> bool {
        false
    }

    /// Whether the response's body is held and shown as a whole.
    fn cache_response_body(&self) -> bool {
        false
    }

    /// The whole request body, once, if it is held.
    fn on_http_request_complete_body(&mut self, _body: &Bytes) -> DataAction {
        DataAction::Continue
    }

    /// The whole response body, once, if it is held.
    fn on_http_response_complete_body(&mut self, _body: &Bytes) -> DataAction {
        DataAction::Continue
    }

    /// Replaces the whole request body. Remove content-length in the headers callback before.
    fn replace_http_request_body(&mut self, body: &[u8]) {
        replace_body(self.log(), BufferType::HttpRequestBody, body);
    }

    /// Replaces the whole response body. Remove content-length in the headers callback before.
    fn replace_http_response_body(&mut self, body: &[u8]) {
        replace_body(self.log(), BufferType::HttpResponseBody, body);
    }

    /// Lets this request's body be held up to so many bytes, on hosts that know the setting.
    fn set_request_body_buffer_limit(&self, limit: u32) {
        self.set_property(
            vec!["set_decoder_buffer_limit"],
            Some(limit.to_string().as_bytes()),
        );
    }

    /// Lets this response's body be held up to so many bytes, on hosts that know the setting.
    fn set_response_body_buffer_limit(&self, limit: u32) {
        self.set_property(
            vec!["set_encoder_buffer_limit"],
            Some(limit.to_string().as_bytes()),
        );
    }

    /// Chooses the configuration again once this callback has returned, for plug-ins that have changed
    /// the request's route. `on_config` comes again when there is one; without one the plug-in is left
    /// alone from then on.
    fn rematch_config(&self) {
        callbacks::ask_for_rematch();
    }

    /// Sends an HTTP request to a cluster; `call_fn` runs once with status, headers and body.
    ///
    /// `raw_url` is a path or a whole URL; the authority is the URL's, else the cluster's. Without an
    /// answer the status is 502, with one that cannot be read 500. The function is dropped unrun when
    /// the stream ends first.
    /// Errors: `ParseFailure` for a URL that is none, else what the host says.
    #[allow(clippy::too_many_arguments)]
    fn http_call(
        &mut self,
        cluster: &dyn Cluster,
        method: &http::Method,
        raw_url: &str,
        headers: MultiMap<String, String>,
        body: Option<&[u8]>,
        call_fn: Box<HttpCallbackFn>,
        timeout: Duration,
    ) -> Result<u32, Status> {
        callbacks::http_call(cluster, method, raw_url, headers, body, call_fn, timeout)
    }
}

impl_downcast!(HttpContextWrapper<C> where C: Default + DeserializeOwned + Clone + 'static);

fn replace_body(log: &Log, buffer: BufferType, body: &[u8]) {
    const EVERYTHING: usize = i32::MAX as usize;
    if let Err(status) = hostcalls::set_buffer(buffer, 0, EVERYTHING, body) {
        log.error(&format!("the body was not replaced: {status}"));
    }
}
