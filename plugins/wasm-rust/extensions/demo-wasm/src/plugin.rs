//! The demo on one request.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use higress_wasm_rust::plugin_wrapper::HttpContextWrapper;
use higress_wasm_rust::redis_wrapper::{redis, RedisClient};
use higress_wasm_rust::Log;
use multimap::MultiMap;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Bytes, DataAction, HeaderAction};
use serde_json::{json, Value};

use crate::config::DemoWasmConfig;

const COUNTER: &str = "connect";
const CALL_BODY: &[u8] = b"test_body";
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

type SelfWeak = Weak<RefCell<Box<dyn HttpContextWrapper<DemoWasmConfig>>>>;

pub(crate) struct DemoWasm {
    log: Log,
    config: Rc<DemoWasmConfig>,
    self_weak: SelfWeak,
    /// What `GET connect` has answered.
    redis_cid: Value,
}

impl DemoWasm {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            config: Rc::default(),
            self_weak: Weak::new(),
            redis_cid: Value::Null,
        }
    }

    fn redis(&self) -> RedisClient {
        RedisClient::new(&self.config.redis.client_config())
    }

    /// Runs `f` on this plug-in later, unless the stream has ended by then.
    fn later(self_weak: &SelfWeak, f: impl FnOnce(&mut Self)) {
        let Some(shared) = self_weak.upgrade() else {
            return;
        };
        let mut plugin = shared.borrow_mut();
        if let Some(plugin) = plugin.downcast_mut::<Self>() {
            f(plugin);
        }
    }
}

/// A Redis value as JSON: integers as numbers, texts as texts, anything else as null.
fn to_json(value: &redis::Value) -> Value {
    match value {
        redis::Value::Int(number) => json!(number),
        redis::Value::BulkString(bytes) => json!(String::from_utf8_lossy(bytes)),
        redis::Value::SimpleString(text) => json!(text),
        _ => Value::Null,
    }
}

impl Context for DemoWasm {}

impl HttpContext for DemoWasm {
    fn on_http_request_headers(&mut self, _num_headers: usize, _end: bool) -> HeaderAction {
        let self_weak = self.self_weak.clone();
        let call = self.redis().incr(
            COUNTER,
            Box::new(move |value, _status, _token| {
                Self::later(&self_weak, |plugin| {
                    match value {
                        Ok(count) => plugin.log.infof(format_args!("connections: {count:?}")),
                        Err(error) => plugin.log.error(&format!("INCR {COUNTER}: {error}")),
                    }
                    plugin.resume_http_request();
                });
            }),
        );
        match call {
            Ok(_) => HeaderAction::StopAllIterationAndBuffer,
            Err(status) => {
                self.log
                    .error(&format!("INCR {COUNTER} was not sent: {status}"));
                HeaderAction::Continue
            }
        }
    }

    fn on_http_response_headers(&mut self, _num_headers: usize, end: bool) -> HeaderAction {
        if end {
            return HeaderAction::Continue;
        }
        self.remove_http_response_header("content-length");
        let self_weak = self.self_weak.clone();
        let call = self.redis().get(
            COUNTER,
            Box::new(move |value, _status, _token| {
                Self::later(&self_weak, |plugin| {
                    match value {
                        Ok(value) => plugin.redis_cid = to_json(value),
                        Err(error) => plugin.log.error(&format!("GET {COUNTER}: {error}")),
                    }
                    plugin.resume_http_response();
                });
            }),
        );
        match call {
            Ok(_) => HeaderAction::StopAllIterationAndBuffer,
            Err(status) => {
                self.log
                    .error(&format!("GET {COUNTER} was not sent: {status}"));
                HeaderAction::Continue
            }
        }
    }
}

impl HttpContextWrapper<DemoWasmConfig> for DemoWasm {
    fn init_self_weak(&mut self, self_weak: SelfWeak) {
        self.self_weak = self_weak;
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn on_config(&mut self, config: Rc<DemoWasmConfig>) {
        self.log.infof(format_args!("test: {}", config.test));
        self.config = config;
    }

    fn cache_response_body(&self) -> bool {
        true
    }

    fn on_http_response_complete_body(&mut self, body: &Bytes) -> DataAction {
        let self_weak = self.self_weak.clone();
        let res_body = String::from_utf8_lossy(body).into_owned();
        let config = Rc::clone(&self.config);
        let call = self.http_call(
            &config.call.cluster(),
            &http::Method::POST,
            &config.call.path,
            MultiMap::new(),
            Some(CALL_BODY),
            Box::new(move |status, _headers, answer| {
                Self::later(&self_weak, |plugin| {
                    plugin.log.infof(format_args!("call answered: {status}"));
                    let answer = answer.unwrap_or_default();
                    let report = json!({
                        "redis_cid": plugin.redis_cid,
                        "http_call_body": String::from_utf8_lossy(&answer),
                        "res_body": res_body,
                    });
                    plugin.replace_http_response_body(report.to_string().as_bytes());
                    plugin.resume_http_response();
                });
            }),
            CALL_TIMEOUT,
        );
        match call {
            Ok(_) => DataAction::StopIterationAndBuffer,
            Err(status) => {
                self.log.error(&format!("the call was not sent: {status}"));
                DataAction::Continue
            }
        }
    }
}
