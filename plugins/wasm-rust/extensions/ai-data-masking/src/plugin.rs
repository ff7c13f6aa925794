//! One request and its response.

use std::rc::Rc;

use higress_wasm_rust::plugin_wrapper::HttpContextWrapper;
use higress_wasm_rust::request_wrapper::{is_binary_request_body, is_binary_response_body};
use higress_wasm_rust::Log;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, BufferType, Bytes, DataAction, HeaderAction};

use crate::config::MaskingConfig;
use crate::deny;
use crate::document::{Document, Place, Side};
use crate::masking::{mask, Masks};
use crate::streaming::Streaming;

/// Bodies may be held up to this size.
const BODY_LIMIT_BYTES: u32 = 104_857_600;

/// Why a text does not go on.
enum Refused {
    Denied,
    /// What is to be masked is not known; unmasked text must not leave.
    TooHard(String),
}

/// How the response is treated.
enum Response {
    Untouched,
    Held,
    Streaming(Box<Streaming>),
}

pub(crate) struct AiDataMasking {
    log: Log,
    config: Rc<MaskingConfig>,
    masks: Masks,
    wants_stream: bool,
    has_replied: bool,
    skips_request: bool,
    response: Response,
}

impl AiDataMasking {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            config: Rc::default(),
            masks: Masks::default(),
            wants_stream: false,
            has_replied: false,
            skips_request: false,
            response: Response::Untouched,
        }
    }

    fn refuse_denied(&self, document: &mut Document) -> Result<(), Refused> {
        if !self.config.denies() {
            return Ok(());
        }
        document.replace(&self.config.deny_jsonpath, &mut |text| match self
            .config
            .is_denied(text, None, true)
        {
            true => Err(Refused::Denied),
            false => Ok(text.to_string()),
        })
    }

    fn mask_request(&mut self, document: &mut Document) -> Result<(), Refused> {
        self.refuse_denied(document)?;
        let config = Rc::clone(&self.config);
        let masks = &mut self.masks;
        document.replace(&config.deny_jsonpath, &mut |text| {
            mask(&config.replace_roles, text, masks).map_err(|error| Refused::TooHard(error.0))
        })
    }

    fn reply(&mut self, place: Place) {
        self.has_replied = true;
        let config = Rc::clone(&self.config);
        let (content_type, body) = match (place, self.wants_stream) {
            (Place::Chat, true) => (
                "text/event-stream;charset=UTF-8",
                deny::event(&config.deny_message),
            ),
            (Place::Chat, false) => ("application/json", deny::completion(&config.deny_message)),
            _ => (
                config.deny_content_type.as_str(),
                config.deny_raw_message.clone(),
            ),
        };
        let headers = vec![("content-type", content_type)];
        self.send_http_response(config.deny_code, headers, Some(body.as_bytes()));
    }

    fn response_text(&self, place: Place) -> String {
        match place {
            Place::Chat => deny::completion(&self.config.deny_message),
            _ => self.config.deny_raw_message.clone(),
        }
    }

    fn choose_response(&mut self) -> Response {
        let has_work = self.config.denies() || !self.masks.is_empty();
        if self.has_replied || !has_work || is_binary_response_body() {
            return Response::Untouched;
        }
        let content_type = self
            .get_http_response_header("content-type")
            .unwrap_or_default();
        match self.wants_stream && content_type.contains("text/event-stream") {
            true => {
                let masks = std::mem::take(&mut self.masks);
                Response::Streaming(Box::new(Streaming::new(Rc::clone(&self.config), masks)))
            }
            false => Response::Held,
        }
    }
}

impl Context for AiDataMasking {}

impl HttpContext for AiDataMasking {
    fn on_http_request_headers(
        &mut self,
        _num_headers: usize,
        end_of_stream: bool,
    ) -> HeaderAction {
        self.skips_request = is_binary_request_body();
        if end_of_stream || self.skips_request {
            return HeaderAction::Continue;
        }
        self.remove_http_request_header("content-length");
        self.set_request_body_buffer_limit(BODY_LIMIT_BYTES);
        HeaderAction::StopIteration
    }

    fn on_http_response_headers(
        &mut self,
        _num_headers: usize,
        end_of_stream: bool,
    ) -> HeaderAction {
        if end_of_stream || self.has_replied {
            return HeaderAction::Continue;
        }
        self.remove_http_response_header("content-length");
        self.response = self.choose_response();
        if let Response::Held = self.response {
            self.set_response_body_buffer_limit(BODY_LIMIT_BYTES);
            return HeaderAction::StopIteration;
        }
        HeaderAction::Continue
    }

    fn on_http_response_body(&mut self, body_size: usize, end_of_stream: bool) -> DataAction {
        if let Response::Streaming(streaming) = &mut self.response {
            let piece = hostcalls::get_buffer(BufferType::HttpResponseBody, 0, body_size);
            let mut out = streaming.push(piece.ok().flatten().unwrap_or_default());
            if end_of_stream {
                out.extend(streaming.finish());
            }
            self.replace_http_response_body(&out);
        }
        DataAction::Continue
    }

    fn on_http_response_trailers(&mut self, _num_trailers: usize) -> Action {
        if let Response::Streaming(streaming) = &mut self.response {
            let out = streaming.finish();
            if !out.is_empty() {
                self.replace_http_response_body(&out);
            }
        }
        Action::Continue
    }
}

impl HttpContextWrapper<MaskingConfig> for AiDataMasking {
    fn log(&self) -> &Log {
        &self.log
    }

    fn on_config(&mut self, config: Rc<MaskingConfig>) {
        self.config = config;
    }

    fn cache_request_body(&self) -> bool {
        !self.skips_request
    }

    fn cache_response_body(&self) -> bool {
        matches!(self.response, Response::Held)
    }

    fn on_http_request_complete_body(&mut self, body: &Bytes) -> DataAction {
        let config = Rc::clone(&self.config);
        let Some(mut document) = Document::read(body, Side::Request, &config) else {
            return DataAction::Continue;
        };
        self.wants_stream = document.wants_stream();
        match self.mask_request(&mut document) {
            Ok(()) => {
                if document.is_json() || document.place == Place::Whole {
                    self.replace_http_request_body(&document.into_body());
                }
                DataAction::Continue
            }
            Err(refused) => {
                if let Refused::TooHard(error) = refused {
                    self.log.error(&format!("the request was refused: {error}"));
                }
                self.reply(document.place);
                DataAction::StopIterationNoBuffer
            }
        }
    }

    fn on_http_response_complete_body(&mut self, body: &Bytes) -> DataAction {
        let config = Rc::clone(&self.config);
        let Some(mut document) = Document::read(body, Side::Response, &config) else {
            return DataAction::Continue;
        };
        if self.refuse_denied(&mut document).is_err() {
            let text = self.response_text(document.place);
            self.replace_http_response_body(text.as_bytes());
            return DataAction::Continue;
        }
        if !self.masks.is_empty() && document.place != Place::Nowhere {
            let json_text = document.is_json() && document.place == Place::Whole;
            let restored: Result<(), Refused> =
                document.replace(&config.deny_jsonpath, &mut |text| {
                    Ok(match json_text {
                        true => self.masks.restore_in_json(text),
                        false => self.masks.restore(text),
                    })
                });
            if restored.is_ok() {
                self.replace_http_response_body(&document.into_body());
            }
        }
        DataAction::Continue
    }
}
