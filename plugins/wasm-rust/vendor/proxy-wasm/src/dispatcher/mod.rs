//! From the host's callbacks to the plug-in's contexts.
//!
//! Contexts live in a table by id, calls under way in tables by token. The host never enters the
//! module while it runs, so the context table stays borrowed during a callback; calls that the
//! plug-in starts meanwhile go into their own tables. What the host should not send (an unknown id,
//! an unknown token) is passed over: a plug-in must not break a request because of it.

use std::cell::{Cell, RefCell};

use crate::hostcalls::{self, RedisCallbackFn};
use crate::id_table::IdTable;
use crate::traits::{Context, HttpContext, RootContext, StreamContext};
use crate::types::{ContextType, LogLevel, NewHttpContext, NewRootContext, NewStreamContext};

pub mod callbacks;

/// A context, by what it is for.
enum Kind {
    Root(Box<dyn RootContext>),
    Http(Box<dyn HttpContext>),
    Stream(Box<dyn StreamContext>),
    /// The plug-in made none for this stream: everything passes.
    Ignored,
}

impl Kind {
    fn context(&mut self) -> Option<&mut dyn Context> {
        match self {
            Kind::Root(root) => Some(root.as_mut() as &mut dyn Context),
            Kind::Http(http) => Some(http.as_mut() as &mut dyn Context),
            Kind::Stream(stream) => Some(stream.as_mut() as &mut dyn Context),
            Kind::Ignored => None,
        }
    }
}

struct RedisCall {
    context_id: u32,
    callback: Box<RedisCallbackFn>,
}

struct Dispatcher {
    new_root: Cell<Option<NewRootContext>>,
    new_stream: Cell<Option<NewStreamContext>>,
    new_http: Cell<Option<NewHttpContext>>,
    contexts: RefCell<IdTable<Kind>>,
    active: Cell<u32>,
    http_calls: RefCell<IdTable<u32>>,
    grpc_calls: RefCell<IdTable<u32>>,
    grpc_streams: RefCell<IdTable<u32>>,
    redis_calls: RefCell<IdTable<RedisCall>>,
}

thread_local! {
    static DISPATCHER: Dispatcher = const {
        Dispatcher {
            new_root: Cell::new(None),
            new_stream: Cell::new(None),
            new_http: Cell::new(None),
            contexts: RefCell::new(IdTable::new()),
            active: Cell::new(0),
            http_calls: RefCell::new(IdTable::new()),
            grpc_calls: RefCell::new(IdTable::new()),
            grpc_streams: RefCell::new(IdTable::new()),
            redis_calls: RefCell::new(IdTable::new()),
        }
    };
}

/// A plug-in without a root context of its own.
struct PlainRoot;
impl Context for PlainRoot {}
impl RootContext for PlainRoot {}

pub(crate) fn set_root_context(callback: NewRootContext) {
    DISPATCHER.with(|d| d.new_root.set(Some(callback)));
}

pub(crate) fn set_stream_context(callback: NewStreamContext) {
    DISPATCHER.with(|d| d.new_stream.set(Some(callback)));
}

pub(crate) fn set_http_context(callback: NewHttpContext) {
    DISPATCHER.with(|d| d.new_http.set(Some(callback)));
}

pub(crate) fn active_context_id() -> u32 {
    DISPATCHER.with(|d| d.active.get())
}

pub(crate) fn register_callout(token: u32) {
    DISPATCHER.with(|d| d.http_calls.borrow_mut().insert(token, d.active.get()));
}

pub(crate) fn register_grpc_call(token: u32) {
    DISPATCHER.with(|d| d.grpc_calls.borrow_mut().insert(token, d.active.get()));
}

pub(crate) fn register_grpc_stream(token: u32) {
    DISPATCHER.with(|d| d.grpc_streams.borrow_mut().insert(token, d.active.get()));
}

pub(crate) fn register_redis_call(token: u32, callback: Box<RedisCallbackFn>) {
    DISPATCHER.with(|d| {
        let call = RedisCall {
            context_id: d.active.get(),
            callback,
        };
        d.redis_calls.borrow_mut().insert(token, call);
    });
}

/// Forgets a gRPC call or stream that was cancelled.
pub(crate) fn forget_call(token: u32) {
    DISPATCHER.with(|d| {
        d.grpc_calls.borrow_mut().remove(token);
        d.grpc_streams.borrow_mut().remove(token);
    });
}

/// Forgets everything of this thread's VM, so that a test starts from nothing.
#[cfg(not(target_arch = "wasm32"))]
pub fn reset() {
    DISPATCHER.with(|d| {
        d.new_root.set(None);
        d.new_stream.set(None);
        d.new_http.set(None);
        d.active.set(0);
        let contexts = std::mem::replace(&mut *d.contexts.borrow_mut(), IdTable::new());
        drop(contexts);
        d.http_calls.borrow_mut().clear();
        d.grpc_calls.borrow_mut().clear();
        d.grpc_streams.borrow_mut().clear();
        let calls = std::mem::replace(&mut *d.redis_calls.borrow_mut(), IdTable::new());
        drop(calls);
    });
}

fn warn(message: &str) {
    // A log line that the host refuses has nowhere else to go.
    let _ = hostcalls::log(LogLevel::Warn, message);
}

impl Dispatcher {
    fn create_context(&self, id: u32, root_id: u32) {
        self.active.set(id);
        let context = if root_id == 0 {
            Kind::Root(match self.new_root.get() {
                Some(new_root) => new_root(id),
                None => Box::new(PlainRoot),
            })
        } else {
            self.create_stream(id, root_id)
        };
        if self.contexts.borrow_mut().insert(id, context).is_some() {
            warn(&format!(
                "the host made context {id} twice; the newer one stays"
            ));
        }
    }

    fn create_stream(&self, id: u32, root_id: u32) -> Kind {
        if let Some(new_http) = self.new_http.get() {
            return Kind::Http(new_http(id, root_id));
        }
        if let Some(new_stream) = self.new_stream.get() {
            return Kind::Stream(new_stream(id, root_id));
        }
        match self.contexts.borrow().get(root_id) {
            Some(Kind::Root(root)) => from_root(root.as_ref(), id),
            _ => {
                warn(&format!(
                    "context {id} belongs to the unknown root context {root_id}"
                ));
                Kind::Ignored
            }
        }
    }

    /// Runs `f` on a context; `otherwise` when there is none of this id and kind.
    fn with<R>(&self, id: u32, otherwise: R, f: impl FnOnce(&mut Kind) -> Option<R>) -> R {
        let Ok(mut contexts) = self.contexts.try_borrow_mut() else {
            warn(&format!(
                "the host entered context {id} while another callback was running"
            ));
            return otherwise;
        };
        self.active.set(id);
        contexts.get_mut(id).and_then(f).unwrap_or(otherwise)
    }

    fn with_root<R>(&self, id: u32, otherwise: R, f: impl FnOnce(&mut dyn RootContext) -> R) -> R {
        self.with(id, otherwise, |kind| match kind {
            Kind::Root(root) => Some(f(root.as_mut())),
            _ => None,
        })
    }

    fn with_http<R>(&self, id: u32, otherwise: R, f: impl FnOnce(&mut dyn HttpContext) -> R) -> R {
        self.with(id, otherwise, |kind| match kind {
            Kind::Http(http) => Some(f(http.as_mut())),
            _ => None,
        })
    }

    fn with_tcp<R>(&self, id: u32, otherwise: R, f: impl FnOnce(&mut dyn StreamContext) -> R) -> R {
        self.with(id, otherwise, |kind| match kind {
            Kind::Stream(stream) => Some(f(stream.as_mut())),
            _ => None,
        })
    }

    /// Runs `f` on the context that owns a call, with host calls acting on that context.
    fn with_owner(&self, entered: u32, owner: u32, f: impl FnOnce(&mut dyn Context)) {
        self.with(owner, (), |kind| {
            let context = kind.context()?;
            act_on(entered, owner).then(|| f(context))
        });
    }

    fn delete(&self, id: u32) {
        self.active.set(id);
        // Taken out first: the plug-in's own clean-up may call the host.
        let context = self.contexts.borrow_mut().remove(id);
        drop(context);
    }
}

fn from_root(root: &dyn RootContext, id: u32) -> Kind {
    match root.get_type() {
        Some(ContextType::HttpContext) => root
            .create_http_context(id)
            .map_or(Kind::Ignored, Kind::Http),
        Some(ContextType::StreamContext) => root
            .create_stream_context(id)
            .map_or(Kind::Ignored, Kind::Stream),
        None => Kind::Ignored,
    }
}

/// Answers of calls arrive on the root context; its owner must be made the one that acts.
fn act_on(entered: u32, owner: u32) -> bool {
    if entered == owner {
        return true;
    }
    match hostcalls::set_effective_context(owner) {
        Ok(()) => true,
        Err(status) => {
            warn(&format!(
                "an answer for context {owner} came too late: {status}"
            ));
            false
        }
    }
}
