#include "http/http2/http2_callbacks.h"

#include "base/check.h"
#include "http/http2/http2_connection.h"

namespace wasmgate::http {
namespace {

Http2Connection& connection_of(void* user_data) {
  return *static_cast<Http2Connection*>(user_data);
}

constexpr unsigned kFirstUnknownType = 0x0A;  // after CONTINUATION

constexpr size_t kFrameHeaderBytes = 9;

std::string_view text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

/// The functions that nghttp2 calls. Each ends parsing at once when the connection was judged
/// doomed.
struct Http2Connection::Callbacks {
  static int outcome(const Http2Connection& connection) {
    return connection.pending_doom_.empty() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* header, void* user) {
    Http2Connection& connection = connection_of(user);
    connection.begin_frame(*header);
    return outcome(connection);
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Connection& connection = connection_of(user);
    connection.begin_block(*frame);
    return outcome(connection);
  }

  static int header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* user) {
    Http2Connection& connection = connection_of(user);
    connection.block_->add(text(name, name_size), text(value, value_size),
                           connection.message_limits_);
    return 0;
  }

  /// Makes the library reset the stream; it tells invalid_frame about it then.
  static int invalid_header(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                            const uint8_t*, size_t, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    Http2Connection& connection = connection_of(user);
    connection.take_fault(static_cast<StreamId>(frame->hd.stream_id));
    return outcome(connection);
  }

  // Frames of unknown types are thrown away; these two exist so that begin_frame is told about
  // them.
  static int extension_chunk(nghttp2_session*, const nghttp2_frame_hd*, const uint8_t*, size_t,
                             void*) {
    return NGHTTP2_ERR_CANCEL;
  }
  static int unpack_extension(nghttp2_session*, void**, const nghttp2_frame_hd*, void*) {
    return NGHTTP2_ERR_CANCEL;
  }

  static int data_chunk(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                        size_t size, void* user) {
    Http2Connection& connection = connection_of(user);
    if (Http2Stream* stream = connection.find(static_cast<StreamId>(id))) {
      connection.take_data(*stream, text(data, size));
    } else {
      nghttp2_session_consume(session, id, size);
    }
    return outcome(connection);
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Connection& connection = connection_of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      connection.peer_goes_away_ = true;
    }
    if (Http2Stream* stream = connection.find(static_cast<StreamId>(frame->hd.stream_id))) {
      if (frame->hd.type == NGHTTP2_HEADERS) {
        connection.end_block(*stream, *frame);
      } else if (frame->hd.type == NGHTTP2_DATA) {
        connection.end_data_frame(*stream, *frame);
      }
    }
    return outcome(connection);
  }

  static int stream_closed(nghttp2_session*, int32_t id, uint32_t, void* user) {
    connection_of(user).close_stream(static_cast<StreamId>(id));
    return 0;
  }

  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    connection_of(user).after_frame_sent(*frame);
    return 0;
  }

  static ssize_t read_data(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                           nghttp2_data_source* source, void* user) {
    return connection_of(user).next_data(*static_cast<Http2Stream*>(source->ptr), length, flags);
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_header, size_t length,
                       nghttp2_data_source* source, void* user) {
    connection_of(user).send_data(*static_cast<Http2Stream*>(source->ptr), frame_header, length);
    return 0;
  }

  static void install(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, invalid_header);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalid_frame);
    nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks, extension_chunk);
    nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, unpack_extension);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
  }
};

nghttp2_session* make_http2_session(bool is_server, const Http2Limits& limits,
                                    Http2Connection* connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session* session = nullptr;
  WASMGATE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  WASMGATE_CHECK(nghttp2_option_new(&options) == 0);
  Http2Connection::install_callbacks(callbacks);
  nghttp2_option_set_no_auto_window_update(options, 1);
  // The library counts a CONTINUATION once for every piece in which its header comes (1.52);
  // FloodGuard counts frames.
  nghttp2_option_set_max_continuations(options,
                                       (limits.continuation_frames + 1) * kFrameHeaderBytes);
  for (unsigned type = kFirstUnknownType; type <= UINT8_MAX; ++type) {
    nghttp2_option_set_user_recv_extension_type(options, static_cast<uint8_t>(type));
  }
  const int result = is_server
                         ? nghttp2_session_server_new2(&session, callbacks, connection, options)
                         : nghttp2_session_client_new2(&session, callbacks, connection, options);
  WASMGATE_CHECK(result == 0);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

void Http2Connection::install_callbacks(nghttp2_session_callbacks* callbacks) {
  Callbacks::install(callbacks);
}

nghttp2_data_provider Http2Connection::provider_of(Http2Stream& stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = Callbacks::read_data;
  return provider;
}

}  // namespace wasmgate::http
