//! One request: its question to the model, the model's answer to properties.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use higress_wasm_rust::plugin_wrapper::HttpContextWrapper;
use higress_wasm_rust::Log;
use multimap::MultiMap;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Bytes, DataAction, HeaderAction, Status};
use serde_json::json;

use crate::config::{AiIntentConfig, Model};
use crate::{answer, prompt};

const PROPERTY: &str = "intent_category";

type SelfWeak = Weak<RefCell<Box<dyn HttpContextWrapper<AiIntentConfig>>>>;

pub(crate) struct AiIntent {
    log: Log,
    failures: Option<u32>,
    config: Rc<AiIntentConfig>,
    self_weak: SelfWeak,
}

impl AiIntent {
    pub(crate) fn new(log: Log, failures: Option<u32>) -> Self {
        Self {
            log,
            failures,
            config: Rc::default(),
            self_weak: Weak::new(),
        }
    }

    fn fail(&self, reason: &str) {
        self.log.warn(reason);
        if let Some(metric) = self.failures {
            // A metric that the gateway refuses changes nothing for the request.
            let _ = hostcalls::increment_metric(metric, 1);
        }
    }

    fn ask(&mut self, model: &Model, question: &str) -> Result<u32, Status> {
        let config = &self.config;
        let text = prompt::fill(config.prompt.as_deref(), &config.categories, question);
        let body = json!({
            "model": model.name,
            "messages": [{"role": "user", "content": text}],
        });
        let mut headers = MultiMap::new();
        headers.insert("content-type".to_string(), "application/json".to_string());
        if !model.api_key.is_empty() {
            headers.insert(
                "authorization".to_string(),
                format!("Bearer {}", model.api_key),
            );
        }
        let self_weak = self.self_weak.clone();
        self.http_call(
            &model.cluster(),
            &http::Method::POST,
            &model.url,
            headers,
            Some(body.to_string().as_bytes()),
            Box::new(move |status, _headers, body| {
                let Some(shared) = self_weak.upgrade() else {
                    return;
                };
                let plugin = shared.borrow();
                if let Some(plugin) = plugin.downcast_ref::<Self>() {
                    plugin.take_answer(status, &body.unwrap_or_default());
                    plugin.resume_http_request();
                }
            }),
            model.timeout,
        )
    }

    fn take_answer(&self, status: u16, body: &[u8]) {
        if status != 200 {
            return self.fail(&format!("the model has answered with status {status}"));
        }
        let Some(text) = self.config.answer(body) else {
            return self.fail("the model's response has no answer where it should be");
        };
        let intents = answer::read(&text, &self.config.categories);
        let Some(first) = intents.first() else {
            return self.fail("the model's answer names none of the categories");
        };
        self.set_property(vec![PROPERTY], Some(first.result.as_bytes()));
        for intent in &intents {
            let name = format!("{PROPERTY}:{}", intent.use_for);
            self.set_property(vec![&name], Some(intent.result.as_bytes()));
        }
    }
}

impl Context for AiIntent {}

impl HttpContext for AiIntent {
    fn on_http_request_headers(
        &mut self,
        _num_headers: usize,
        end_of_stream: bool,
    ) -> HeaderAction {
        match end_of_stream {
            true => HeaderAction::Continue,
            false => HeaderAction::StopIteration,
        }
    }
}

impl HttpContextWrapper<AiIntentConfig> for AiIntent {
    fn init_self_weak(&mut self, self_weak: SelfWeak) {
        self.self_weak = self_weak;
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn on_config(&mut self, config: Rc<AiIntentConfig>) {
        self.config = config;
    }

    fn cache_request_body(&self) -> bool {
        true
    }

    fn on_http_request_complete_body(&mut self, body: &Bytes) -> DataAction {
        let config = Rc::clone(&self.config);
        let (Some(model), Some(question)) = (&config.model, config.question(body)) else {
            self.fail("the request has no question where it should be");
            return DataAction::Continue;
        };
        match self.ask(model, &question) {
            Ok(_) => DataAction::StopIterationAndBuffer,
            Err(status) => {
                self.fail(&format!("the model was not asked: {status}"));
                DataAction::Continue
            }
        }
    }
}
