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

#[cfg(test)]
mod tests {
    use higress_wasm_rust::testing::TestHost;

    use super::_initialize;

    #[test]
    fn every_request_is_answered_by_the_plugin() {
        let host = TestHost::start(_initialize);
        assert!(host.configure(""));
        let stream = host.stream();
        assert!(!stream.request_headers(&[], true).is_continue());
        let reply = stream.local_reply().unwrap();
        assert_eq!(
            (reply.status, reply.body_text().as_str()),
            (200, "hello world")
        );
        assert_eq!(reply.details, "hello-world");
        assert_eq!(
            stream.current_request_headers().get("hello").as_deref(),
            Some("world")
        );
    }

    #[test]
    fn cases() {
        higress_wasm_rust::testing::run_cases(_initialize);
    }
}
