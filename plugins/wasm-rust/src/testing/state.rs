//! What the test gateway keeps, and how it answers host calls.

use std::cell::{RefCell, RefMut};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use proxy_wasm::native::Host;
use proxy_wasm::types::{BufferType, Bytes, LogLevel, MapType, MetricType, Status, StreamType};

use super::map::HeaderMap;

type Reply<T> = Result<T, Status>;
type ForeignFunction = Rc<dyn Fn(&[u8]) -> Reply<Bytes>>;

/// A response that the plug-in sent in the upstream's place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct LocalReply {
    pub status: u32,
    pub details: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// 0 to 16, or −1 when it is not a gRPC reply.
    pub grpc_status: i32,
}

impl LocalReply {
    /// The body as text, bytes that are not UTF-8 replaced.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An HTTP call of the plug-in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HttpCall {
    pub token: u32,
    pub upstream: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
    pub timeout: Duration,
}

/// A gRPC call or stream of the plug-in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct GrpcCall {
    pub token: u32,
    pub upstream: String,
    pub service: String,
    pub method: String,
    pub metadata: HeaderMap,
    /// Of a call: its message; of a stream: what was sent so far.
    pub messages: Vec<Bytes>,
    /// None for a stream.
    pub timeout: Option<Duration>,
    /// Whether the plug-in has cancelled it or closed its half.
    pub closed: bool,
}

/// A Redis call of the plug-in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RedisCall {
    pub token: u32,
    pub upstream: String,
    /// The command in its wire form.
    pub query: Bytes,
}

pub(super) struct Metric {
    kind: u32,
    pub(super) name: String,
    pub(super) value: u64,
}

/// One stream as the host sees it.
#[derive(Default)]
pub(super) struct StreamState {
    /// By map id, 0 to 3.
    pub(super) maps: [HeaderMap; 4],
    /// By buffer id, 0 and 1: what is held and shown to the plug-in.
    pub(super) bodies: [Bytes; 2],
    pub(super) properties: HashMap<Bytes, Bytes>,
    pub(super) local_reply: Option<LocalReply>,
    /// By stream type, how often it was resumed or closed.
    pub(super) resumed: [usize; 4],
    pub(super) closed: [usize; 4],
    pub(super) injected: Vec<(Bytes, bool)>,
    pub(super) override_host: Option<String>,
}

/// What arrives with the answer of a call, during its callback.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) trailers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) metadata: HeaderMap,
    pub(super) message: Bytes,
    pub(super) redis: Bytes,
    pub(super) status: (u32, Bytes),
}

pub(super) struct Inner {
    root_id: u32,
    pub(super) effective: u32,
    pub(super) next_id: u32,
    next_token: u32,
    pub(super) streams: HashMap<u32, StreamState>,
    vm_configuration: Bytes,
    pub(super) plugin_configuration: Bytes,
    pub(super) logs: Vec<(LogLevel, String)>,
    pub(super) log_level: LogLevel,
    pub(super) time: SystemTime,
    pub(super) tick_period: u32,
    pub(super) shared: HashMap<Bytes, (Bytes, u32)>,
    queues: Vec<(Bytes, VecDeque<Bytes>)>,
    pub(super) metrics: Vec<Metric>,
    pub(super) foreign: HashMap<Bytes, ForeignFunction>,
    pub(super) http_calls: Vec<HttpCall>,
    pub(super) grpc_calls: Vec<GrpcCall>,
    pub(super) redis_calls: Vec<RedisCall>,
    pub(super) redis_inits: Vec<(String, Bytes, Bytes, Duration)>,
    pub(super) upstream_hosts: HeaderMap,
    pub(super) answer: Answer,
    pub(super) refuse_calls: Option<Status>,
}

/// The state behind a `TestHost`, shared with its streams.
pub(super) struct State(RefCell<Inner>);

impl State {
    pub(super) fn new(root_id: u32, vm_configuration: &[u8]) -> Self {
        Self(RefCell::new(Inner {
            root_id,
            effective: root_id,
            next_id: root_id + 1,
            next_token: 1,
            streams: HashMap::new(),
            vm_configuration: vm_configuration.to_vec(),
            plugin_configuration: Bytes::new(),
            logs: Vec::new(),
            log_level: LogLevel::Trace,
            time: SystemTime::UNIX_EPOCH,
            tick_period: 0,
            shared: HashMap::new(),
            queues: Vec::new(),
            metrics: Vec::new(),
            foreign: HashMap::new(),
            http_calls: Vec::new(),
            grpc_calls: Vec::new(),
            redis_calls: Vec::new(),
            redis_inits: Vec::new(),
            upstream_hosts: HeaderMap::default(),
            answer: Answer::default(),
            refuse_calls: None,
        }))
    }

    pub(super) fn inner(&self) -> RefMut<'_, Inner> {
        self.0.borrow_mut()
    }

    /// Makes host calls act on this context, as a host does before each callback.
    pub(super) fn enter(&self, context_id: u32) {
        self.inner().effective = context_id;
    }
}

impl Inner {
    fn stream(&mut self) -> Reply<&mut StreamState> {
        self.streams
            .get_mut(&self.effective)
            .ok_or(Status::NotFound)
    }

    fn map(&mut self, id: u32) -> Reply<&mut HeaderMap> {
        match id {
            0..=3 => Ok(&mut self.stream()?.maps[id as usize]),
            4 | 5 => Ok(&mut self.answer.metadata),
            _ if id == MapType::HttpCallResponseHeaders as u32 => Ok(&mut self.answer.headers),
            _ if id == MapType::HttpCallResponseTrailers as u32 => Ok(&mut self.answer.trailers),
            _ => Err(Status::BadArgument),
        }
    }

    fn writable_map(&mut self, id: u32) -> Reply<&mut HeaderMap> {
        match id {
            0..=3 => self.map(id).or(Err(Status::BadArgument)),
            _ => Err(Status::BadArgument),
        }
    }

    fn buffer(&mut self, id: u32) -> Reply<&mut Bytes> {
        match id {
            0 | 1 => Ok(&mut self.stream()?.bodies[id as usize]),
            _ if id == BufferType::HttpCallResponseBody as u32 => Ok(&mut self.answer.body),
            _ if id == BufferType::GrpcReceiveBuffer as u32 => Ok(&mut self.answer.message),
            _ if id == BufferType::VmConfiguration as u32 => Ok(&mut self.vm_configuration),
            _ if id == BufferType::PluginConfiguration as u32 => Ok(&mut self.plugin_configuration),
            _ if id == BufferType::RedisCallResponse as u32 => Ok(&mut self.answer.redis),
            2 | 3 | 8 => Err(Status::NotFound),
            _ => Err(Status::BadArgument),
        }
    }

    fn start_call(&mut self) -> Reply<u32> {
        if let Some(status) = self.refuse_calls {
            return Err(status);
        }
        let token = self.next_token;
        self.next_token += 1;
        Ok(token)
    }

    fn queue(&mut self, id: u32) -> Reply<&mut VecDeque<Bytes>> {
        let index = (id as usize).wrapping_sub(1);
        self.queues
            .get_mut(index)
            .map(|(_, items)| items)
            .ok_or(Status::NotFound)
    }

    fn metric(&mut self, id: u32) -> Reply<&mut Metric> {
        self.metrics
            .get_mut((id as usize).wrapping_sub(1))
            .ok_or(Status::NotFound)
    }

    fn grpc(&mut self, token: u32) -> Reply<&mut GrpcCall> {
        self.grpc_calls
            .iter_mut()
            .find(|call| call.token == token)
            .ok_or(Status::NotFound)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Host for State {
    fn log(&self, level: u32, message: &[u8]) -> Reply<()> {
        self.inner()
            .logs
            .push((LogLevel::from_number(level), text(message)));
        Ok(())
    }

    fn get_log_level(&self) -> Reply<u32> {
        Ok(self.inner().log_level as u32)
    }

    fn get_current_time(&self) -> Reply<u64> {
        let since = self.inner().time.duration_since(SystemTime::UNIX_EPOCH);
        Ok(since.map_or(0, |time| time.as_nanos() as u64))
    }

    fn set_tick_period(&self, milliseconds: u32) -> Reply<()> {
        self.inner().tick_period = milliseconds;
        Ok(())
    }

    fn get_buffer(&self, buffer: u32, start: usize, max: usize) -> Reply<Bytes> {
        let mut inner = self.inner();
        let bytes = inner.buffer(buffer)?;
        let start = start.min(bytes.len());
        let end = start.saturating_add(max).min(bytes.len());
        Ok(bytes[start..end].to_vec())
    }

    fn set_buffer(&self, buffer: u32, start: usize, size: usize, value: &[u8]) -> Reply<()> {
        if buffer > StreamType::HttpResponse as u32 {
            return Err(Status::BadArgument);
        }
        let mut inner = self.inner();
        let bytes = inner.buffer(buffer)?;
        let start = start.min(bytes.len());
        let end = start.saturating_add(size).min(bytes.len());
        bytes.splice(start..end, value.iter().copied());
        Ok(())
    }

    fn get_map(&self, map: u32) -> Reply<Bytes> {
        match self.inner().map(map) {
            Ok(map) => Ok(map.encode()),
            Err(Status::NotFound) => Ok(Bytes::new()),
            Err(status) => Err(status),
        }
    }

    fn set_map(&self, map: u32, pairs: &[u8]) -> Reply<()> {
        let pairs = HeaderMap::decode(pairs).ok_or(Status::BadArgument)?;
        *self.inner().writable_map(map)? = pairs;
        Ok(())
    }

    fn get_map_value(&self, map: u32, key: &[u8]) -> Reply<Bytes> {
        self.inner()
            .map(map)?
            .get_bytes(&text(key))
            .ok_or(Status::NotFound)
    }

    fn replace_map_value(&self, map: u32, key: &[u8], value: &[u8]) -> Reply<()> {
        self.inner().writable_map(map)?.set(&text(key), value);
        Ok(())
    }

    fn add_map_value(&self, map: u32, key: &[u8], value: &[u8]) -> Reply<()> {
        self.inner().writable_map(map)?.add(&text(key), value);
        Ok(())
    }

    fn remove_map_value(&self, map: u32, key: &[u8]) -> Reply<()> {
        self.inner().writable_map(map)?.remove(&text(key));
        Ok(())
    }

    fn get_property(&self, path: &[u8]) -> Reply<Bytes> {
        self.inner()
            .stream()?
            .properties
            .get(path)
            .cloned()
            .ok_or(Status::NotFound)
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> Reply<()> {
        self.inner()
            .stream()?
            .properties
            .insert(path.to_vec(), value.to_vec());
        Ok(())
    }

    fn get_shared_data(&self, key: &[u8]) -> Reply<(Bytes, u32)> {
        self.inner()
            .shared
            .get(key)
            .cloned()
            .ok_or(Status::NotFound)
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Reply<()> {
        let mut inner = self.inner();
        let current = inner.shared.get(key).map(|(_, cas)| *cas);
        if cas != 0 && current.is_some_and(|current| current != cas) {
            return Err(Status::CasMismatch);
        }
        let next = current.unwrap_or(0) + 1;
        inner.shared.insert(key.to_vec(), (value.to_vec(), next));
        Ok(())
    }

    fn register_shared_queue(&self, name: &[u8]) -> Reply<u32> {
        let mut inner = self.inner();
        let known = inner.queues.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or(inner.queues.len());
        if known.is_none() {
            inner.queues.push((name.to_vec(), VecDeque::new()));
        }
        Ok(index as u32 + 1)
    }

    fn resolve_shared_queue(&self, _vm_id: &[u8], name: &[u8]) -> Reply<u32> {
        let inner = self.inner();
        let index = inner.queues.iter().position(|(known, _)| known == name);
        index.map(|index| index as u32 + 1).ok_or(Status::NotFound)
    }

    fn dequeue_shared_queue(&self, id: u32) -> Reply<Bytes> {
        self.inner().queue(id)?.pop_front().ok_or(Status::Empty)
    }

    fn enqueue_shared_queue(&self, id: u32, value: &[u8]) -> Reply<()> {
        self.inner().queue(id)?.push_back(value.to_vec());
        Ok(())
    }

    fn continue_stream(&self, stream: u32) -> Reply<()> {
        let mut inner = self.inner();
        let resumed = &mut inner.stream()?.resumed;
        *resumed
            .get_mut(stream as usize)
            .ok_or(Status::BadArgument)? += 1;
        Ok(())
    }

    fn close_stream(&self, stream: u32) -> Reply<()> {
        let mut inner = self.inner();
        let closed = &mut inner.stream()?.closed;
        *closed.get_mut(stream as usize).ok_or(Status::BadArgument)? += 1;
        Ok(())
    }

    fn send_local_response(
        &self,
        code: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> Reply<()> {
        let headers = HeaderMap::decode(headers).ok_or(Status::BadArgument)?;
        // From the root context there is nobody to answer; the second reply of a stream is ignored.
        if let Ok(stream) = self.inner().stream() {
            stream.local_reply.get_or_insert_with(|| LocalReply {
                status: code,
                details: text(details),
                headers,
                body: body.to_vec(),
                grpc_status,
            });
        }
        Ok(())
    }

    fn http_call(
        &self,
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout: u32,
    ) -> Reply<u32> {
        let headers = HeaderMap::decode(headers).ok_or(Status::BadArgument)?;
        let trailers = HeaderMap::decode(trailers).ok_or(Status::BadArgument)?;
        for name in [":method", ":path", ":authority"] {
            headers.get_bytes(name).ok_or(Status::BadArgument)?;
        }
        let mut inner = self.inner();
        let token = inner.start_call()?;
        inner.http_calls.push(HttpCall {
            token,
            upstream: text(upstream),
            headers,
            body: body.to_vec(),
            trailers,
            timeout: Duration::from_millis(timeout.into()),
        });
        Ok(token)
    }

    fn grpc_call(
        &self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout: u32,
    ) -> Reply<u32> {
        let token = self.grpc_stream(upstream, service, method, metadata)?;
        let mut inner = self.inner();
        let call = inner.grpc(token)?;
        call.messages.push(message.to_vec());
        call.timeout = Some(Duration::from_millis(timeout.into()));
        Ok(token)
    }

    fn grpc_stream(
        &self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
    ) -> Reply<u32> {
        let metadata = HeaderMap::decode(metadata).ok_or(Status::InternalFailure)?;
        let mut inner = self.inner();
        let token = inner.start_call()?;
        inner.grpc_calls.push(GrpcCall {
            token,
            upstream: text(upstream),
            service: text(service),
            method: text(method),
            metadata,
            messages: Vec::new(),
            timeout: None,
            closed: false,
        });
        Ok(token)
    }

    fn grpc_send(&self, token: u32, message: &[u8], end_stream: bool) -> Reply<()> {
        let mut inner = self.inner();
        let call = inner.grpc(token)?;
        call.messages.push(message.to_vec());
        call.closed |= end_stream;
        Ok(())
    }

    fn grpc_cancel(&self, token: u32) -> Reply<()> {
        self.inner().grpc(token)?.closed = true;
        Ok(())
    }

    fn grpc_close(&self, token: u32) -> Reply<()> {
        self.inner().grpc(token)?.closed = true;
        Ok(())
    }

    fn get_status(&self) -> Reply<(u32, Bytes)> {
        Ok(self.inner().answer.status.clone())
    }

    fn set_effective_context(&self, id: u32) -> Reply<()> {
        let mut inner = self.inner();
        if id != inner.root_id && !inner.streams.contains_key(&id) {
            return Err(Status::BadArgument);
        }
        inner.effective = id;
        Ok(())
    }

    fn call_foreign_function(&self, name: &[u8], arguments: &[u8]) -> Reply<Bytes> {
        let function = self
            .inner()
            .foreign
            .get(name)
            .cloned()
            .ok_or(Status::NotFound)?;
        function(arguments)
    }

    fn done(&self) -> Reply<()> {
        Ok(())
    }

    fn define_metric(&self, kind: u32, name: &[u8]) -> Reply<u32> {
        let mut inner = self.inner();
        let name = text(name);
        let known = inner.metrics.iter().position(|metric| metric.name == name);
        let index = known.unwrap_or(inner.metrics.len());
        if known.is_none() {
            inner.metrics.push(Metric {
                kind,
                name,
                value: 0,
            });
        }
        Ok(index as u32 + 1)
    }

    fn get_metric(&self, id: u32) -> Reply<u64> {
        Ok(self.inner().metric(id)?.value)
    }

    fn record_metric(&self, id: u32, value: u64) -> Reply<()> {
        let mut inner = self.inner();
        let metric = inner.metric(id)?;
        match metric.kind == MetricType::Gauge as u32 {
            true => metric.value = value,
            false => metric.value = metric.value.wrapping_add(value),
        }
        Ok(())
    }

    fn increment_metric(&self, id: u32, offset: i64) -> Reply<()> {
        let mut inner = self.inner();
        let metric = inner.metric(id)?;
        let is_gauge = metric.kind == MetricType::Gauge as u32;
        if metric.kind == MetricType::Histogram as u32 || (!is_gauge && offset <= 0) {
            return Err(Status::BadArgument);
        }
        metric.value = metric.value.wrapping_add_signed(offset);
        Ok(())
    }

    fn redis_init(
        &self,
        upstream: &[u8],
        username: &[u8],
        password: &[u8],
        timeout: u32,
    ) -> Reply<()> {
        let mut inner = self.inner();
        if let Some(status) = inner.refuse_calls {
            return Err(status);
        }
        let timeout = Duration::from_millis(timeout.into());
        let init = (
            text(upstream),
            username.to_vec(),
            password.to_vec(),
            timeout,
        );
        inner.redis_inits.push(init);
        Ok(())
    }

    fn redis_call(&self, upstream: &[u8], query: &[u8]) -> Reply<u32> {
        let mut inner = self.inner();
        let token = inner.start_call()?;
        inner.redis_calls.push(RedisCall {
            token,
            upstream: text(upstream),
            query: query.to_vec(),
        });
        Ok(token)
    }

    fn inject_encoded_data(&self, data: &[u8], end_stream: bool) -> Reply<()> {
        self.inner()
            .stream()?
            .injected
            .push((data.to_vec(), end_stream));
        Ok(())
    }

    fn get_upstream_hosts(&self) -> Reply<Bytes> {
        Ok(self.inner().upstream_hosts.encode())
    }

    fn set_upstream_override_host(&self, address: &[u8]) -> Reply<()> {
        self.inner().stream()?.override_host = Some(text(address));
        Ok(())
    }
}
