//! The module's exports: one function per callback of the ABI.

use super::{act_on, Kind, DISPATCHER};
use crate::types::{Action, PeerType};

macro_rules! callbacks {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $kind:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            $(#[$doc])*
            #[cfg_attr(target_arch = "wasm32", no_mangle)]
            pub extern "C" fn $name($($arg: $kind),*) $(-> $result)? $body
        )*
    };
}

callbacks! {
    /// A root context (`root_context_id` 0) or the context of a stream begins.
    fn proxy_on_context_create(context_id: u32, root_context_id: u32) {
        DISPATCHER.with(|d| d.create_context(context_id, root_context_id));
    }

    /// The context may go, unless a root context says that it is not done.
    fn proxy_on_done(context_id: u32) -> u32 {
        DISPATCHER.with(|d| {
            d.with(context_id, true, |kind| kind.context().map(|context| context.on_done()))
        })
        .into()
    }

    /// The time for log lines about the stream.
    fn proxy_on_log(context_id: u32) {
        DISPATCHER.with(|d| {
            d.with(context_id, (), |kind| {
                match kind {
                    Kind::Root(root) => root.on_log(),
                    Kind::Http(http) => http.on_log(),
                    Kind::Stream(stream) => stream.on_log(),
                    Kind::Ignored => {}
                }
                Some(())
            });
        });
    }

    /// The context ends.
    fn proxy_on_delete(context_id: u32) {
        DISPATCHER.with(|d| d.delete(context_id));
    }

    /// The VM has started.
    fn proxy_on_vm_start(root_context_id: u32, size: usize) -> u32 {
        DISPATCHER.with(|d| d.with_root(root_context_id, true, |root| root.on_vm_start(size))).into()
    }

    /// The plug-in's configuration is there.
    fn proxy_on_configure(root_context_id: u32, size: usize) -> u32 {
        DISPATCHER.with(|d| d.with_root(root_context_id, true, |root| root.on_configure(size))).into()
    }

    /// The timer.
    fn proxy_on_tick(root_context_id: u32) {
        DISPATCHER.with(|d| d.with_root(root_context_id, (), |root| root.on_tick()));
    }

    /// A queue has an item.
    fn proxy_on_queue_ready(root_context_id: u32, queue_id: u32) {
        DISPATCHER.with(|d| d.with_root(root_context_id, (), |root| root.on_queue_ready(queue_id)));
    }

    /// A foreign function calls back.
    fn proxy_on_foreign_function(root_context_id: u32, function_id: u32, size: usize) {
        DISPATCHER.with(|d| {
            d.with_root(root_context_id, (), |root| root.on_foreign_function(function_id, size))
        });
    }

    /// A TCP connection begins.
    fn proxy_on_new_connection(context_id: u32) -> u32 {
        DISPATCHER
            .with(|d| d.with_tcp(context_id, Action::Continue, |tcp| tcp.on_new_connection()))
            .for_trailers()
    }

    /// Data from the downstream side of a TCP connection.
    fn proxy_on_downstream_data(context_id: u32, size: usize, end_of_stream: u32) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_tcp(context_id, Action::Continue, |tcp| {
                    tcp.on_downstream_data(size, end_of_stream != 0)
                })
            })
            .for_trailers()
    }

    /// The downstream side of a TCP connection is closed.
    fn proxy_on_downstream_connection_close(context_id: u32, peer: u32) {
        DISPATCHER.with(|d| {
            d.with_tcp(context_id, (), |tcp| tcp.on_downstream_close(PeerType::from_number(peer)))
        });
    }

    /// Data from the upstream side of a TCP connection.
    fn proxy_on_upstream_data(context_id: u32, size: usize, end_of_stream: u32) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_tcp(context_id, Action::Continue, |tcp| {
                    tcp.on_upstream_data(size, end_of_stream != 0)
                })
            })
            .for_trailers()
    }

    /// The upstream side of a TCP connection is closed.
    fn proxy_on_upstream_connection_close(context_id: u32, peer: u32) {
        DISPATCHER.with(|d| {
            d.with_tcp(context_id, (), |tcp| tcp.on_upstream_close(PeerType::from_number(peer)))
        });
    }

    /// The head of the request.
    fn proxy_on_request_headers(context_id: u32, count: usize, end_of_stream: u32) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_http(context_id, Action::Continue, |http| {
                    http.on_http_request_headers(count, end_of_stream != 0)
                })
            })
            .for_headers()
    }

    /// A piece of the request's body.
    fn proxy_on_request_body(context_id: u32, size: usize, end_of_stream: u32) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_http(context_id, Action::Continue, |http| {
                    http.on_http_request_body(size, end_of_stream != 0)
                })
            })
            .for_body()
    }

    /// The trailers of the request.
    fn proxy_on_request_trailers(context_id: u32, count: usize) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_http(context_id, Action::Continue, |http| http.on_http_request_trailers(count))
            })
            .for_trailers()
    }

    /// The head of the response.
    fn proxy_on_response_headers(context_id: u32, count: usize, end_of_stream: u32) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_http(context_id, Action::Continue, |http| {
                    http.on_http_response_headers(count, end_of_stream != 0)
                })
            })
            .for_headers()
    }

    /// A piece of the response's body.
    fn proxy_on_response_body(context_id: u32, size: usize, end_of_stream: u32) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_http(context_id, Action::Continue, |http| {
                    http.on_http_response_body(size, end_of_stream != 0)
                })
            })
            .for_body()
    }

    /// The trailers of the response.
    fn proxy_on_response_trailers(context_id: u32, count: usize) -> u32 {
        DISPATCHER
            .with(|d| {
                d.with_http(context_id, Action::Continue, |http| http.on_http_response_trailers(count))
            })
            .for_trailers()
    }

    /// The answer of an HTTP call.
    fn proxy_on_http_call_response(
        context_id: u32,
        token: u32,
        headers: usize,
        body_size: usize,
        trailers: usize
    ) {
        DISPATCHER.with(|d| {
            let Some(owner) = d.http_calls.borrow_mut().remove(token) else { return };
            d.with_owner(context_id, owner, |context| {
                context.on_http_call_response(token, headers, body_size, trailers)
            });
        });
    }

    /// Initial metadata of a gRPC stream.
    fn proxy_on_grpc_receive_initial_metadata(context_id: u32, token: u32, count: u32) {
        DISPATCHER.with(|d| {
            let Some(owner) = d.grpc_streams.borrow().get(token).copied() else { return };
            d.with_owner(context_id, owner, |context| {
                context.on_grpc_stream_initial_metadata(token, count)
            });
        });
    }

    /// The answer of a gRPC call, or a message of a gRPC stream.
    fn proxy_on_grpc_receive(context_id: u32, token: u32, size: usize) {
        const GRPC_OK: u32 = 0;
        DISPATCHER.with(|d| {
            let call = d.grpc_calls.borrow_mut().remove(token);
            if let Some(owner) = call {
                d.with_owner(context_id, owner, |context| {
                    context.on_grpc_call_response(token, GRPC_OK, size)
                });
                return;
            }
            let Some(owner) = d.grpc_streams.borrow().get(token).copied() else { return };
            d.with_owner(context_id, owner, |context| context.on_grpc_stream_message(token, size));
        });
    }

    /// Trailing metadata of a gRPC stream.
    fn proxy_on_grpc_receive_trailing_metadata(context_id: u32, token: u32, count: u32) {
        DISPATCHER.with(|d| {
            let Some(owner) = d.grpc_streams.borrow().get(token).copied() else { return };
            d.with_owner(context_id, owner, |context| {
                context.on_grpc_stream_trailing_metadata(token, count)
            });
        });
    }

    /// The end of a gRPC stream, or the failure of a gRPC call.
    fn proxy_on_grpc_close(context_id: u32, token: u32, status: u32) {
        DISPATCHER.with(|d| {
            let call = d.grpc_calls.borrow_mut().remove(token);
            if let Some(owner) = call {
                d.with_owner(context_id, owner, |context| {
                    context.on_grpc_call_response(token, status, 0)
                });
                return;
            }
            let Some(owner) = d.grpc_streams.borrow_mut().remove(token) else { return };
            d.with_owner(context_id, owner, |context| context.on_grpc_stream_close(token, status));
        });
    }

    /// The answer of a Redis call.
    fn proxy_on_redis_call_response(context_id: u32, token: u32, status: u32, size: u32) {
        DISPATCHER.with(|d| {
            let Some(call) = d.redis_calls.borrow_mut().remove(token) else { return };
            let alive = d.contexts.borrow().get(call.context_id).is_some();
            if alive && act_on(context_id, call.context_id) {
                // No context is borrowed here, so the callback is free to use them.
                d.active.set(call.context_id);
                (call.callback)(token, status as usize, size as usize);
            }
        });
    }
}
