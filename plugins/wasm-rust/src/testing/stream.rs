//! One request and its response, driven by the test.

use std::rc::Rc;

use proxy_wasm::native::callbacks;
use proxy_wasm::types::{Bytes, StreamType};

use super::map::HeaderMap;
use super::state::{LocalReply, State, StreamState};
use super::ROOT_ID;

const REQUEST: usize = StreamType::HttpRequest as usize;
const RESPONSE: usize = StreamType::HttpResponse as usize;
const REQUEST_HEADERS: usize = 0;
const REQUEST_TRAILERS: usize = 1;
const RESPONSE_HEADERS: usize = 2;
const RESPONSE_TRAILERS: usize = 3;

/// What a callback returned, as the ABI's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned(pub u32);

impl Returned {
    /// Whether the message part goes on.
    pub fn is_continue(self) -> bool {
        self.0 == 0
    }
}

/// One stream through the plug-in. Dropping it ends it: `on_log`, `on_done`, `on_delete`.
///
/// Body pieces are held while the plug-in says so, shown with everything held, and collected in
/// [`forwarded_request_body`](Self::forwarded_request_body) or its counterpart when let go.
pub struct TestStream {
    state: Rc<State>,
    id: u32,
    forwarded: [std::cell::RefCell<Bytes>; 2],
    ended: std::cell::Cell<bool>,
}

impl TestStream {
    pub(super) fn open(state: Rc<State>) -> Self {
        let id = {
            let mut inner = state.inner();
            let id = inner.next_id;
            inner.next_id += 1;
            let mut stream = StreamState::default();
            stream.maps[REQUEST_HEADERS] = HeaderMap::new(&[
                (":authority", "example.com"),
                (":path", "/"),
                (":method", "GET"),
                (":scheme", "http"),
            ]);
            stream.maps[RESPONSE_HEADERS] = HeaderMap::new(&[(":status", "200")]);
            inner.streams.insert(id, stream);
            id
        };
        state.enter(ROOT_ID);
        callbacks::proxy_on_context_create(id, ROOT_ID);
        Self {
            state,
            id,
            forwarded: Default::default(),
            ended: std::cell::Cell::new(false),
        }
    }

    /// The context's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sets the property `route_name`.
    pub fn set_route_name(&self, name: &str) {
        self.set_property(&["route_name"], name);
    }

    /// Sets the property `cluster_name`.
    pub fn set_cluster_name(&self, name: &str) {
        self.set_property(&["cluster_name"], name);
    }

    /// Sets a property.
    pub fn set_property(&self, path: &[&str], value: impl AsRef<[u8]>) {
        let key = path.join("\0").into_bytes();
        let value = value.as_ref().to_vec();
        self.with(|stream| stream.properties.insert(key, value));
    }

    /// A property, set by the test or the plug-in.
    pub fn property(&self, path: &[&str]) -> Option<Bytes> {
        let key = path.join("\0").into_bytes();
        self.with(|stream| stream.properties.get(&key).cloned())
    }

    /// Sends the request's head. `headers` replace or extend `GET http://example.com/`.
    pub fn request_headers(&self, headers: &[(&str, &str)], end_of_stream: bool) -> Returned {
        let count = self.put_headers(REQUEST_HEADERS, headers);
        self.enter();
        let end = end_of_stream.into();
        Returned(callbacks::proxy_on_request_headers(self.id, count, end))
    }

    /// Sends a piece of the request's body.
    pub fn request_body(&self, piece: impl AsRef<[u8]>, end_of_stream: bool) -> Returned {
        self.body(REQUEST, piece.as_ref(), end_of_stream)
    }

    /// Sends the request's trailers.
    pub fn request_trailers(&self, trailers: &[(&str, &str)]) -> Returned {
        self.trailers(REQUEST, REQUEST_TRAILERS, trailers)
    }

    /// Sends the response's head. `headers` replace or extend `:status: 200`.
    pub fn response_headers(&self, headers: &[(&str, &str)], end_of_stream: bool) -> Returned {
        let count = self.put_headers(RESPONSE_HEADERS, headers);
        self.enter();
        let end = end_of_stream.into();
        Returned(callbacks::proxy_on_response_headers(self.id, count, end))
    }

    /// Sends a piece of the response's body.
    pub fn response_body(&self, piece: impl AsRef<[u8]>, end_of_stream: bool) -> Returned {
        self.body(RESPONSE, piece.as_ref(), end_of_stream)
    }

    /// Sends the response's trailers.
    pub fn response_trailers(&self, trailers: &[(&str, &str)]) -> Returned {
        self.trailers(RESPONSE, RESPONSE_TRAILERS, trailers)
    }

    /// The request's headers as the plug-in has left them.
    pub fn current_request_headers(&self) -> HeaderMap {
        self.with(|stream| stream.maps[REQUEST_HEADERS].clone())
    }

    /// The response's headers as the plug-in has left them.
    pub fn current_response_headers(&self) -> HeaderMap {
        self.with(|stream| stream.maps[RESPONSE_HEADERS].clone())
    }

    /// The request's body that is held now.
    pub fn held_request_body(&self) -> Bytes {
        self.with(|stream| stream.bodies[REQUEST].clone())
    }

    /// The response's body that is held now.
    pub fn held_response_body(&self) -> Bytes {
        self.with(|stream| stream.bodies[RESPONSE].clone())
    }

    /// The request's body that the plug-in has let go, so far.
    pub fn forwarded_request_body(&self) -> Bytes {
        self.forwarded[REQUEST].borrow().clone()
    }

    /// The response's body that the plug-in has let go, so far.
    pub fn forwarded_response_body(&self) -> Bytes {
        self.forwarded[RESPONSE].borrow().clone()
    }

    /// The response that the plug-in has sent in the upstream's place.
    pub fn local_reply(&self) -> Option<LocalReply> {
        self.with(|stream| stream.local_reply.clone())
    }

    /// How often the plug-in has resumed the request.
    pub fn request_resumed(&self) -> usize {
        self.with(|stream| stream.resumed[REQUEST])
    }

    /// How often the plug-in has resumed the response.
    pub fn response_resumed(&self) -> usize {
        self.with(|stream| stream.resumed[RESPONSE])
    }

    /// Whether the plug-in has reset the stream.
    pub fn is_reset(&self) -> bool {
        self.with(|stream| stream.closed[REQUEST] + stream.closed[RESPONSE] > 0)
    }

    /// What the plug-in has pushed outside body callbacks, each with its end mark.
    pub fn injected(&self) -> Vec<(Bytes, bool)> {
        self.with(|stream| stream.injected.clone())
    }

    /// The upstream host that the plug-in has chosen.
    pub fn override_host(&self) -> Option<String> {
        self.with(|stream| stream.override_host.clone())
    }

    /// Ends the stream, as the gateway does when everything was sent.
    pub fn end(&self) {
        if self.ended.replace(true) {
            return;
        }
        self.enter();
        callbacks::proxy_on_log(self.id);
        callbacks::proxy_on_done(self.id);
        callbacks::proxy_on_delete(self.id);
        self.state.inner().streams.remove(&self.id);
    }

    fn enter(&self) {
        self.state.enter(self.id);
    }

    fn with<R>(&self, f: impl FnOnce(&mut StreamState) -> R) -> R {
        let mut inner = self.state.inner();
        f(inner
            .streams
            .get_mut(&self.id)
            .expect("the stream has ended"))
    }

    fn put_headers(&self, map: usize, headers: &[(&str, &str)]) -> usize {
        self.with(|stream| {
            let known: Vec<String> = stream.maps[map]
                .pairs()
                .iter()
                .map(|(name, _)| name.clone())
                .collect();
            for (name, value) in headers {
                match known.contains(&name.to_ascii_lowercase()) {
                    true => stream.maps[map].set(name, value),
                    false => stream.maps[map].add(name, value),
                }
            }
            stream.maps[map].len()
        })
    }

    fn body(&self, side: usize, piece: &[u8], end_of_stream: bool) -> Returned {
        const TAKEN_BY_THE_PLUGIN: u32 = 3;
        let size = self.with(|stream| {
            stream.bodies[side].extend_from_slice(piece);
            stream.bodies[side].len()
        });
        self.enter();
        let returned = match side {
            REQUEST => callbacks::proxy_on_request_body(self.id, size, end_of_stream.into()),
            _ => callbacks::proxy_on_response_body(self.id, size, end_of_stream.into()),
        };
        match returned {
            0 => self.release(side),
            TAKEN_BY_THE_PLUGIN => self.with(|stream| stream.bodies[side].clear()),
            _ => {}
        }
        Returned(returned)
    }

    fn trailers(&self, side: usize, map: usize, trailers: &[(&str, &str)]) -> Returned {
        self.with(|stream| stream.maps[map] = HeaderMap::new(trailers));
        self.enter();
        let returned = match side {
            REQUEST => callbacks::proxy_on_request_trailers(self.id, trailers.len()),
            _ => callbacks::proxy_on_response_trailers(self.id, trailers.len()),
        };
        if returned == 0 {
            self.release(side);
        }
        Returned(returned)
    }

    fn release(&self, side: usize) {
        let held = self.with(|stream| std::mem::take(&mut stream.bodies[side]));
        self.forwarded[side].borrow_mut().extend(held);
    }
}

impl Drop for TestStream {
    fn drop(&mut self) {
        self.end();
    }
}
