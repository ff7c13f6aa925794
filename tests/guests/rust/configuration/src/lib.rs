//! Puts its configuration, a text, into a response header.

use proxy_wasm::traits::*;
use proxy_wasm::types::*;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> {
        Box::new(ConfigurationRoot { text: String::new() })
    });
}}

struct ConfigurationRoot {
    text: String,
}

impl Context for ConfigurationRoot {}

impl RootContext for ConfigurationRoot {
    fn on_configure(&mut self, _: usize) -> bool {
        match self.get_plugin_configuration().map(String::from_utf8) {
            Some(Ok(text)) => {
                self.text = text;
                true
            }
            Some(Err(_)) => false,
            None => true,
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Configuration {
            text: self.text.clone(),
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Configuration {
    text: String,
}

impl Context for Configuration {}

impl HttpContext for Configuration {
    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.add_http_response_header("x-configured", &self.text);
        Action::Continue
    }
}
