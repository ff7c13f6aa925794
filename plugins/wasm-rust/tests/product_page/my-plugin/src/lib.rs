use higress_wasm_rust::*;
use proxy_wasm::traits::*;
use proxy_wasm::types::*;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
// Define the plug-in configuration struct.
#[derive(Default, Clone, Serialize, Deserialize)]
struct MyPluginConfig {
header_name: String,
header_value: String,
}
// RootContext: handles configuration and spawns per-request contexts.
struct MyPluginRoot {
log: Log,
rule_matcher: SharedRuleMatcher<MyPluginConfig>,
}
impl MyPluginRoot {
fn new() -> Self {
Self {
log: Log::new("my-plugin".to_string()),
rule_matcher: Rc::new(RefCell::new(RuleMatcher::new())),
}
}
}
impl Context for MyPluginRoot {}
impl RootContext for MyPluginRoot {
fn on_configure(&mut self, plugin_configuration_size: usize) -> bool {
on_configure(
self,
plugin_configuration_size,
&mut self.rule_matcher.borrow_mut(),
&self.log,
)
}
fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
Some(Box::new(MyPlugin {
log: self.log.clone(),
rule_matcher: self.rule_matcher.clone(),
context_id,
}))
}
fn get_type(&self) -> Option<ContextType> {
Some(ContextType::HttpContext)
}
}
// HttpContext: processes each HTTP request.
struct MyPlugin {
log: Log,
rule_matcher: SharedRuleMatcher<MyPluginConfig>,
context_id: u32,
}
impl Context for MyPlugin {}
impl HttpContext for MyPlugin {
fn on_http_request_headers(&mut self, _num_headers: usize, _end_of_stream: bool) -> Action {
// Match the current request against configured rules.
let binding = self.rule_matcher.borrow();
if let Some(config) = binding.get_match_config() {
self.log.info(&format!(
"Adding header {}={} to request",
config.header_name, config.header_value
));
self.add_http_request_header(&config.header_name, &config.header_value);
}
Action::Continue
}
}
// Register the plug-in entry point.
proxy_wasm::main! {{
proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> {
Box::new(MyPluginRoot::new())
});
}}
