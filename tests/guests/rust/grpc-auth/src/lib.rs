//! Asks a gRPC service whether a gRPC request may go on; other requests are let through.
//!
//! The plug-in's configuration is `{"cluster": "name of the service's cluster"}`. An answer with status 0 lets the
//! request go on, anything else is the gRPC status ABORTED.

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
        match self.get_http_request_header("content-type") {
            Some(value) if value.starts_with("application/grpc") => {}
            _ => return Action::Continue,
        }
        let call = self.dispatch_grpc_call(
            &self.cluster,
            "auth.Auth",
            "Check",
            vec![("x-asked-by", b"stranger".as_slice())],
            None,
            Duration::from_secs(1),
        );
        if call.is_err() {
            self.send_grpc_response(
                GrpcStatusCode::Unavailable,
                Some("Nobody can be asked."),
                vec![],
            );
        }
        Action::Pause
    }
}

impl Context for Auth {
    fn on_grpc_call_response(&mut self, _: u32, status: u32, _: usize) {
        if status == 0 {
            info!("Access granted.");
            self.resume_http_request();
        } else {
            info!("Access forbidden: {}.", status);
            self.send_grpc_response(
                GrpcStatusCode::Aborted,
                Some("Aborted by the gateway."),
                vec![("x-auth", b"refused".as_slice())],
            );
        }
    }
}
