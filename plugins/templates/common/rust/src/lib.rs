//! @title@: where the gateway enters. What the plug-in does is in `plugin.rs`.

mod plugin;
#[cfg(test)]
mod plugin_test;

use std::cell::RefCell;
use std::rc::Rc;

use higress_wasm_rust::{on_configure, Log, RuleMatcher, SharedRuleMatcher};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use plugin::{Config, Plugin};

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root::new()) });
}}

/// One per worker: keeps the configuration, makes a `Plugin` for each request.
struct Root {
    log: Log,
    rule_matcher: SharedRuleMatcher<Config>,
}

impl Root {
    fn new() -> Self {
        Self {
            log: Log::new("@name@".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        }
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        on_configure(self, size, &mut self.rule_matcher.borrow_mut(), &self.log)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Plugin::new(self.rule_matcher.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
