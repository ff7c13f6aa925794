//! Adds one request header: the smallest plug-in with an effect that can be seen on the wire (P1 of the benchmarks).
//!
//! Configuration: `{"name": "x-bench-1", "value": "on"}`. It exports every callback, as plug-ins made with an SDK do.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use serde::Deserialize;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root::default()) });
}}

#[derive(Default, Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Default)]
struct Root {
    header: Rc<Header>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let text = self.get_plugin_configuration().unwrap_or_default();
        match serde_json::from_slice(&text) {
            Ok(header) => {
                self.header = Rc::new(header);
                true
            }
            Err(_) => false,
        }
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(AddHeader(self.header.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct AddHeader(Rc<Header>);

impl Context for AddHeader {}

impl HttpContext for AddHeader {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        self.add_http_request_header(&self.0.name, &self.0.value);
        Action::Continue
    }
}
