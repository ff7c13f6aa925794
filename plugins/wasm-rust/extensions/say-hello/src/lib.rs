//! Answers every request with a greeting; whom it greets is configured per route or domain.

use std::cell::RefCell;
use std::rc::Rc;

use higress_wasm_rust::{on_configure, Log, RuleMatcher, SharedRuleMatcher};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use serde::Deserialize;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(SayHelloRoot::new()) });
}}

const DEFAULT_NAME: &str = "World";

#[derive(Debug, Default, Clone, Deserialize)]
struct SayHelloConfig {
    /// Whom to greet; absent or empty: the world.
    #[serde(default)]
    name: String,
}

struct SayHelloRoot {
    log: Log,
    rule_matcher: SharedRuleMatcher<SayHelloConfig>,
}

impl SayHelloRoot {
    fn new() -> Self {
        Self {
            log: Log::new("say-hello".to_string()),
            rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
        }
    }
}

impl Context for SayHelloRoot {}

impl RootContext for SayHelloRoot {
    fn on_configure(&mut self, plugin_configuration_size: usize) -> bool {
        on_configure(
            self,
            plugin_configuration_size,
            &mut self.rule_matcher.borrow_mut(),
            &self.log,
        )
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(SayHello {
            rule_matcher: self.rule_matcher.clone(),
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct SayHello {
    rule_matcher: SharedRuleMatcher<SayHelloConfig>,
}

impl Context for SayHello {}

impl HttpContext for SayHello {
    fn on_http_request_headers(&mut self, _num_headers: usize, _end_of_stream: bool) -> Action {
        let matched = self.rule_matcher.borrow().get_match_config();
        let name = match &matched {
            Some(config) if !config.name.is_empty() => config.name.as_str(),
            _ => DEFAULT_NAME,
        };
        self.send_http_response(200, vec![], Some(format!("Hello, {name}!").as_bytes()));
        Action::StopAllIterationAndWatermark
    }
}

#[cfg(test)]
mod tests {
    use higress_wasm_rust::testing::TestHost;

    use super::_initialize;

    fn greeting(host: &TestHost, route: &str) -> String {
        let stream = host.stream();
        stream.set_route_name(route);
        assert!(!stream.request_headers(&[], true).is_continue());
        let reply = stream.local_reply().unwrap();
        assert_eq!(reply.status, 200);
        reply.body_text()
    }

    #[test]
    fn the_matching_rule_says_whom_to_greet() {
        let host = TestHost::start(_initialize);
        let rules = r#"{"name": "all", "_rules_": [{"_match_route_": ["r"], "name": "you"}]}"#;
        assert!(host.configure(rules));
        assert_eq!(greeting(&host, "r"), "Hello, you!");
        assert_eq!(greeting(&host, "s"), "Hello, all!");
    }

    #[test]
    fn without_a_name_the_world_is_greeted() {
        for configuration in ["", "{}", r#"{"_rules_": [{"_match_route_": ["r"]}]}"#] {
            let host = TestHost::start(_initialize);
            assert!(host.configure(configuration));
            assert_eq!(greeting(&host, "r"), "Hello, World!");
            assert_eq!(greeting(&host, "s"), "Hello, World!");
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_refused() {
        let host = TestHost::start(_initialize);
        assert!(!host.configure(r#"{"name": 1}"#));
    }

    #[test]
    fn cases() {
        higress_wasm_rust::testing::run_cases(_initialize);
    }
}
