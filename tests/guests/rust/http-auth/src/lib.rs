//! Asks a service whether a request may go on.
//!
//! The plug-in's configuration is `{"cluster": "name of the service's cluster"}`. An even first byte in the answer
//! lets the request go on, anything else is 403; a call that cannot be made is 503.

use std::time::Duration;

use log::info;
use proxy_wasm::traits::*;
use proxy_wasm::types::*;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> {
        Box::new(AuthRoot { cluster: String::new() })
    });
}}

struct AuthRoot {
    cluster: String,
}

impl Context for AuthRoot {}

impl RootContext for AuthRoot {
    fn on_configure(&mut self, _: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        let configuration: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        self.cluster = configuration["cluster"]
            .as_str()
            .unwrap_or_default()
            .to_string();
        !self.cluster.is_empty()
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Auth {
            cluster: self.cluster.clone(),
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Auth {
    cluster: String,
}

impl HttpContext for Auth {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let call = self.dispatch_http_call(
            &self.cluster,
            vec![
                (":method", "GET"),
                (":path", "/bytes/1"),
                (":authority", "auth.test"),
            ],
            None,
            vec![],
            Duration::from_secs(1),
        );
        if call.is_err() {
            self.send_http_response(503, vec![], Some(b"Nobody can be asked.\n"));
        }
        Action::Pause
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_response_header("x-auth", Some("asked"));
        Action::Continue
    }
}

impl Context for Auth {
    fn on_http_call_response(&mut self, _: u32, _: usize, body_size: usize, _: usize) {
        if let Some(body) = self.get_http_call_response_body(0, body_size) {
            if !body.is_empty() && body[0] % 2 == 0 {
                info!("Access granted.");
                self.resume_http_request();
                return;
            }
        }
        info!("Access forbidden.");
        self.send_http_response(
            403,
            vec![("x-auth", "refused")],
            Some(b"Access forbidden.\n"),
        );
    }
}
