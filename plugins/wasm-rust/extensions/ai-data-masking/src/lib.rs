//! Keeps sensitive words and data out of conversations with language models.
//!
//! Requests and responses that hold denied words are answered with a message in their place. Data in
//! requests (numbers, addresses, keys …) is masked before it leaves, and put back where it appears in
//! the response, also in a streaming one.

mod config;
mod deny;
mod document;
mod grok;
mod masking;
mod plugin;
#[cfg(test)]
mod plugin_test;
mod streaming;
mod words;

use std::cell::RefCell;
use std::rc::Rc;

use higress_wasm_rust::plugin_wrapper::{HttpContextWrapper, RootContextWrapper};
use higress_wasm_rust::{on_configure, Log, RuleMatcher, SharedRuleMatcher};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use config::MaskingConfig;
use plugin::AiDataMasking;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(AiDataMaskingRoot::new()) });
}}

struct AiDataMaskingRoot {
    log: Log,
    rule_matcher: SharedRuleMatcher<MaskingConfig>,
}

impl AiDataMaskingRoot {
    fn new() -> Self {
        Self {
            log: Log::new("ai-data-masking".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        }
    }
}

impl Context for AiDataMaskingRoot {}

impl RootContext for AiDataMaskingRoot {
    fn on_configure(&mut self, plugin_configuration_size: usize) -> bool {
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

impl RootContextWrapper<MaskingConfig> for AiDataMaskingRoot {
    fn rule_matcher(&self) -> &SharedRuleMatcher<MaskingConfig> {
        &self.rule_matcher
    }

    fn create_http_context_wrapper(
        &self,
        _context_id: u32,
    ) -> Option<Box<dyn HttpContextWrapper<MaskingConfig>>> {
        Some(Box::new(AiDataMasking::new(self.log.clone())))
    }
}
