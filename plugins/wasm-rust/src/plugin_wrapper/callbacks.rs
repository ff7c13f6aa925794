//! HTTP calls that end in a function.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use multimap::MultiMap;
use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, MapType, Status};

use crate::cluster_wrapper::Cluster;

/// What runs with the answer of a call: status, headers, body.
pub type HttpCallbackFn = dyn FnOnce(u16, &MultiMap<String, String>, Option<Vec<u8>>);

/// Functions waiting for the answers of calls, by the call's token.
///
/// Each belongs to the context that ran when it was set, and goes when that context ends.
#[derive(Default)]
pub struct HttpCallbackDispatcher {
    waiting: RefCell<HashMap<u32, (u32, Box<HttpCallbackFn>)>>,
}

impl HttpCallbackDispatcher {
    /// A dispatcher without functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a function for the answer of a call.
    pub fn set(&self, token_id: u32, callback: Box<HttpCallbackFn>) {
        let owner = proxy_wasm::active_context_id();
        self.waiting
            .borrow_mut()
            .insert(token_id, (owner, callback));
    }

    /// Takes the function of a call.
    pub fn pop(&self, token_id: u32) -> Option<Box<HttpCallbackFn>> {
        let (_, callback) = self.waiting.borrow_mut().remove(&token_id)?;
        Some(callback)
    }

    /// Drops the functions of a context.
    pub(super) fn forget(&self, context_id: u32) {
        if self.waiting.borrow().is_empty() {
            return;
        }
        let mut dropped = Vec::new();
        self.waiting.borrow_mut().retain(|_, entry| {
            let keep = entry.0 != context_id;
            if !keep {
                // Dropped after the table is free again: what it holds may have clean-up of its own.
                let nothing: Box<HttpCallbackFn> = Box::new(|_, _, _| {});
                dropped.push(std::mem::replace(&mut entry.1, nothing));
            }
            keep
        });
    }
}

thread_local! {
    static CALLBACKS: HttpCallbackDispatcher = HttpCallbackDispatcher::new();
    static REMATCH: Cell<bool> = const { Cell::new(false) };
}

/// The dispatcher of this VM.
pub(super) fn with_callbacks<R>(f: impl FnOnce(&HttpCallbackDispatcher) -> R) -> R {
    CALLBACKS.with(f)
}

pub(super) fn ask_for_rematch() {
    REMATCH.with(|flag| flag.set(true));
}

/// Whether the plug-in has asked for it since the last time.
pub(super) fn take_rematch() -> bool {
    REMATCH.with(|flag| flag.replace(false))
}

/// What a URL says of a request.
struct Target {
    scheme: String,
    authority: Option<String>,
    path: String,
}

/// Host and port without user; the URI's parser leaves the port unchecked.
fn authority_text(authority: &http::uri::Authority) -> Option<String> {
    let (_, text) = authority
        .as_str()
        .rsplit_once('@')
        .unwrap_or(("", authority.as_str()));
    match text.strip_prefix(authority.host())?.strip_prefix(':') {
        None => Some(text.to_string()),
        Some(port) => port.parse::<u16>().ok().map(|_| text.to_string()),
    }
}

fn parse_url(raw_url: &str) -> Option<Target> {
    let uri: http::Uri = raw_url.parse().ok()?;
    let scheme = uri.scheme_str().unwrap_or("http");
    if scheme != "http" && scheme != "https" {
        return None;
    }
    let authority = match uri.authority() {
        Some(authority) => Some(authority_text(authority)?),
        None => None,
    };
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    Some(Target {
        scheme: scheme.to_string(),
        authority,
        path: if path.starts_with('/') {
            path.to_string()
        } else {
            format!("/{path}")
        },
    })
}

pub(super) fn http_call(
    cluster: &dyn Cluster,
    method: &http::Method,
    raw_url: &str,
    mut headers: MultiMap<String, String>,
    body: Option<&[u8]>,
    call_fn: Box<HttpCallbackFn>,
    timeout: Duration,
) -> Result<u32, Status> {
    let target = parse_url(raw_url).ok_or(Status::ParseFailure)?;
    let authority = target.authority.unwrap_or_else(|| cluster.host_name());
    let mut pairs = vec![
        (":method", method.as_str()),
        (":scheme", &target.scheme),
        (":path", &target.path),
        (":authority", &authority),
    ];
    headers.retain(|name, _| !name.starts_with(':'));
    pairs.extend(
        headers
            .flat_iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let upstream = cluster.cluster_name();
    let token = hostcalls::dispatch_http_call(&upstream, pairs, body, vec![], timeout)?;
    with_callbacks(|callbacks| callbacks.set(token, call_fn));
    Ok(token)
}

/// Runs a function with the answer that is there now.
pub(super) fn run(callback: Box<HttpCallbackFn>, body_size: usize) {
    const NO_STATUS: u16 = 502;
    const UNREADABLE_STATUS: u16 = 500;
    let headers = hostcalls::get_map(MapType::HttpCallResponseHeaders).unwrap_or_default();
    let headers: MultiMap<String, String> = headers.into_iter().collect();
    let status = match headers.get(":status") {
        Some(status) => status.parse().unwrap_or(UNREADABLE_STATUS),
        None => NO_STATUS,
    };
    let body = hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, body_size);
    callback(status, &headers, body.ok().flatten());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(String, Option<String>, String)> {
        parse_url(url).map(|target| (target.scheme, target.authority, target.path))
    }

    fn some(
        scheme: &str,
        authority: Option<&str>,
        path: &str,
    ) -> Option<(String, Option<String>, String)> {
        Some((
            scheme.to_string(),
            authority.map(str::to_string),
            path.to_string(),
        ))
    }

    #[test]
    fn urls_and_paths_are_read() {
        assert_eq!(parts("/a?b=c"), some("http", None, "/a?b=c"));
        assert_eq!(parts("https://h/a"), some("https", Some("h"), "/a"));
        assert_eq!(parts("http://u:p@h:81"), some("http", Some("h:81"), "/"));
        assert_eq!(parts("http://h?x=1"), some("http", Some("h"), "/?x=1"));
        assert_eq!(parts("/a#fragment"), some("http", None, "/a"));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in ["", "http://", "http://h:port/", "a b", "://x"] {
            assert_eq!(parts(url), None, "{url:?}");
        }
    }
}
