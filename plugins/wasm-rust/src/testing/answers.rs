//! The plug-in's calls out: looking at them, answering them.

use std::time::Duration;

use proxy_wasm::native::callbacks;
use proxy_wasm::types::Bytes;

use super::map::HeaderMap;
use super::state::{Answer, GrpcCall, HttpCall, RedisCall};
use super::{TestHost, ROOT_ID};

impl TestHost {
    /// Every HTTP call so far.
    pub fn http_calls(&self) -> Vec<HttpCall> {
        self.state.inner().http_calls.clone()
    }

    /// Every gRPC call and stream so far.
    pub fn grpc_calls(&self) -> Vec<GrpcCall> {
        self.state.inner().grpc_calls.clone()
    }

    /// Every Redis call so far.
    pub fn redis_calls(&self) -> Vec<RedisCall> {
        self.state.inner().redis_calls.clone()
    }

    /// The Redis services that were prepared: name, user, password, time-out.
    pub fn redis_inits(&self) -> Vec<(String, Bytes, Bytes, Duration)> {
        self.state.inner().redis_inits.clone()
    }

    /// Sets what the plug-in is told of the cluster's hosts: address and text each.
    pub fn set_upstream_hosts(&self, hosts: &[(&str, &str)]) {
        self.state.inner().upstream_hosts = HeaderMap::new(hosts);
    }

    /// Answers an HTTP call. `headers` should have `:status`.
    pub fn answer_http_call(&self, token: u32, headers: &[(&str, &str)], body: impl AsRef<[u8]>) {
        self.answer_http_call_with_trailers(token, headers, body, &[]);
    }

    /// Answers an HTTP call with trailers.
    pub fn answer_http_call_with_trailers(
        &self,
        token: u32,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
        trailers: &[(&str, &str)],
    ) {
        let body = body.as_ref();
        let answer = Answer {
            headers: HeaderMap::new(headers),
            trailers: HeaderMap::new(trailers),
            body: body.to_vec(),
            ..Answer::default()
        };
        self.with_answer(answer, || {
            callbacks::proxy_on_http_call_response(
                ROOT_ID,
                token,
                headers.len(),
                body.len(),
                trailers.len(),
            );
        });
    }

    /// Lets an HTTP call fail on the way: no headers, no body, and the reason in the status.
    pub fn fail_http_call(&self, token: u32, reason: &str) {
        const FAILED: u32 = 11;
        let status = (FAILED, reason.as_bytes().to_vec());
        self.with_answer(
            Answer {
                status,
                ..Answer::default()
            },
            || {
                callbacks::proxy_on_http_call_response(ROOT_ID, token, 0, 0, 0);
            },
        );
    }

    /// Gives a message to a gRPC call (its answer) or stream.
    pub fn grpc_message(&self, token: u32, message: &[u8]) {
        let answer = Answer {
            message: message.to_vec(),
            ..Answer::default()
        };
        self.with_answer(answer, || {
            callbacks::proxy_on_grpc_receive(ROOT_ID, token, message.len());
        });
    }

    /// Gives initial metadata to a gRPC stream.
    pub fn grpc_initial_metadata(&self, token: u32, metadata: &[(&str, &str)]) {
        let answer = Answer {
            metadata: HeaderMap::new(metadata),
            ..Answer::default()
        };
        self.with_answer(answer, || {
            let count = metadata.len() as u32;
            callbacks::proxy_on_grpc_receive_initial_metadata(ROOT_ID, token, count);
        });
    }

    /// Gives trailing metadata to a gRPC stream.
    pub fn grpc_trailing_metadata(&self, token: u32, metadata: &[(&str, &str)]) {
        let answer = Answer {
            metadata: HeaderMap::new(metadata),
            ..Answer::default()
        };
        self.with_answer(answer, || {
            let count = metadata.len() as u32;
            callbacks::proxy_on_grpc_receive_trailing_metadata(ROOT_ID, token, count);
        });
    }

    /// Ends a gRPC stream, or lets a gRPC call fail.
    pub fn grpc_close(&self, token: u32, status: u32, message: &str) {
        let status_and_text = (status, message.as_bytes().to_vec());
        self.with_answer(
            Answer {
                status: status_and_text,
                ..Answer::default()
            },
            || {
                callbacks::proxy_on_grpc_close(ROOT_ID, token, status);
            },
        );
    }

    /// Answers a Redis call: status 0 and a reply in its wire form, or status 1 and nothing.
    pub fn answer_redis_call(&self, token: u32, status: u32, reply: &[u8]) {
        let answer = Answer {
            redis: reply.to_vec(),
            ..Answer::default()
        };
        self.with_answer(answer, || {
            let size = reply.len() as u32;
            callbacks::proxy_on_redis_call_response(ROOT_ID, token, status, size);
        });
    }

    fn with_answer(&self, answer: Answer, callback: impl FnOnce()) {
        self.state.inner().answer = answer;
        self.state.enter(ROOT_ID);
        callback();
        self.state.inner().answer = Answer::default();
    }
}
