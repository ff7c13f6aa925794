//! Asks a language model what a chat request is about, and leaves the answer in properties for the
//! plug-ins after it.
//!
//! The request is held while the model is asked. It goes on whatever the answer is: a failure is
//! logged and counted in the metric `ai_intent_failures`.

mod answer;
mod config;
mod plugin;
#[cfg(test)]
mod plugin_test;
mod prompt;

use std::cell::RefCell;
use std::rc::Rc;

use higress_wasm_rust::plugin_wrapper::{HttpContextWrapper, RootContextWrapper};
use higress_wasm_rust::{on_configure, Log, RuleMatcher, SharedRuleMatcher};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, MetricType};

use config::AiIntentConfig;
use plugin::AiIntent;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(AiIntentRoot::new()) });
}}

const FAILURES_METRIC: &str = "ai_intent_failures";

struct AiIntentRoot {
    log: Log,
    rule_matcher: SharedRuleMatcher<AiIntentConfig>,
    /// `None` when the gateway has no metrics.
    failures: Option<u32>,
}

impl AiIntentRoot {
    fn new() -> Self {
        Self {
            log: Log::new("ai-intent".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
            failures: None,
        }
    }
}

impl Context for AiIntentRoot {}

impl RootContext for AiIntentRoot {
    fn on_configure(&mut self, plugin_configuration_size: usize) -> bool {
        self.failures = hostcalls::define_metric(MetricType::Counter, FAILURES_METRIC).ok();
        on_configure(
            self,
            plugin_configuration_size,
            &mut self.rule_matcher.borrow_mut(),
            &self.log,
        )
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        self.create_http_context_use_wrapper(context_id)
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

impl RootContextWrapper<AiIntentConfig> for AiIntentRoot {
    fn rule_matcher(&self) -> &SharedRuleMatcher<AiIntentConfig> {
        &self.rule_matcher
    }

    fn create_http_context_wrapper(
        &self,
        _context_id: u32,
    ) -> Option<Box<dyn HttpContextWrapper<AiIntentConfig>>> {
        Some(Box::new(AiIntent::new(self.log.clone(), self.failures)))
    }
}
