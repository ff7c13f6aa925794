//! Shows the SDK's calls out: Redis at both headers, HTTP with the response's body.
//!
//! The request waits for `INCR connect`, the response for `GET connect`; the response's body is held,
//! a call is made to a service, and a JSON report takes the body's place.

mod config;
mod plugin;
#[cfg(test)]
mod plugin_test;

use std::cell::RefCell;
use std::rc::Rc;

use higress_wasm_rust::plugin_wrapper::{HttpContextWrapper, RootContextWrapper};
use higress_wasm_rust::redis_wrapper::RedisClient;
use higress_wasm_rust::{on_configure, Log, RuleMatcher, SharedRuleMatcher};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use config::DemoWasmConfig;
use plugin::DemoWasm;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(DemoWasmRoot::new()) });
}}

struct DemoWasmRoot {
    log: Log,
    rule_matcher: SharedRuleMatcher<DemoWasmConfig>,
}

impl DemoWasmRoot {
    fn new() -> Self {
        Self {
            log: Log::new("demo-wasm".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        }
    }

    /// Prepares the Redis service of every configuration; one that the gateway refuses is logged, and
    /// its commands will fail one by one.
    fn prepare_redis(&self) {
        for config in self.rule_matcher.borrow().configs() {
            if let Err(status) = RedisClient::new(&config.redis.client_config()).init() {
                let service = &config.redis.service_name;
                self.log
                    .error(&format!("redis {service} is not available: {status}"));
            }
        }
    }
}

impl Context for DemoWasmRoot {}

impl RootContext for DemoWasmRoot {
    fn on_configure(&mut self, plugin_configuration_size: usize) -> bool {
        let accepted = on_configure(
            self,
            plugin_configuration_size,
            &mut self.rule_matcher.borrow_mut(),
            &self.log,
        );
        if accepted {
            self.prepare_redis();
        }
        accepted
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        self.create_http_context_use_wrapper(context_id)
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

impl RootContextWrapper<DemoWasmConfig> for DemoWasmRoot {
    fn rule_matcher(&self) -> &SharedRuleMatcher<DemoWasmConfig> {
        &self.rule_matcher
    }

    fn create_http_context_wrapper(
        &self,
        _context_id: u32,
    ) -> Option<Box<dyn HttpContextWrapper<DemoWasmConfig>>> {
        Some(Box::new(DemoWasm::new(self.log.clone())))
    }
}
