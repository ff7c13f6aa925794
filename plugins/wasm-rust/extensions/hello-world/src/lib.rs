//! The smallest plug-in: greets in a request header and answers every request itself.

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(HelloWorldRoot) });
}}

struct HelloWorldRoot;

impl Context for HelloWorldRoot {}

impl RootContext for HelloWorldRoot {
    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(HelloWorld))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct HelloWorld;

impl Context for HelloWorld {}

impl HttpContext for HelloWorld {
    fn on_http_request_headers(&mut self, _num_headers: usize, _end_of_stream: bool) -> Action {
        self.add_http_request_header("hello", "world");
        let reply = hostcalls::send_http_response_with_details(
            200,
            "hello-world",
            vec![],
            Some(b"hello world"),
        );
        match reply {
            Ok(()) => Action::StopAllIterationAndWatermark,
            Err(_) => Action::Continue,
        }
    }
}
