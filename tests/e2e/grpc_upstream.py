"""A gRPC server on prior-knowledge HTTP/2 (Debian's python3-h2 does the framing): scripted, one handler per method."""

import socket
import struct
import threading

import h2.config
import h2.connection
import h2.events


def frame(message):
    return b"\0" + struct.pack(">I", len(message)) + message


class Call:
    """One stream: what has arrived, and what to send back."""

    def __init__(self, server, connection, sock, stream_id, headers):
        self.server, self.connection, self.socket, self.id = server, connection, sock, stream_id
        self.headers = {n.decode(): v.decode() for n, v in headers}
        self.data, self.messages, self.ended, self.reset = b"", [], False, False

    def take(self, data):
        self.data += data
        while len(self.data) >= 5:
            size = struct.unpack(">I", self.data[1:5])[0]
            if len(self.data) < 5 + size:
                break
            self.messages.append(self.data[5:5 + size])
            self.data = self.data[5 + size:]

    def head(self, end=False, **extra):
        fields = {":status": "200", "content-type": "application/grpc", **extra}
        self.connection.send_headers(self.id, list(fields.items()), end_stream=end)
        self.flush()

    def send(self, body, piece=16384):
        """Raw bytes of the body, in DATA frames of at most `piece` bytes, each in a packet of its own."""
        for at in range(0, len(body), piece):
            self.connection.send_data(self.id, body[at:at + piece])
            self.flush()

    def trailers(self, status, message=""):
        fields = [("grpc-status", str(status))] + ([("grpc-message", message)] if message else [])
        self.connection.send_headers(self.id, fields, end_stream=True)
        self.flush()

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())


class GrpcUpstream:
    """`handlers`: method name (last part of :path) to f(call), run at each event of a stream: head, data, end. Unknown: UNIMPLEMENTED."""

    def __init__(self, handlers):
        self.handlers, self.calls, self.problems, self.connections = handlers, [], [], 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = set()
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()

    def endpoint(self):
        return ("127.0.0.1", self.port)

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.add(sock)
                self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        streams = {}
        try:
            connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            connection.initiate_connection()
            sock.sendall(connection.data_to_send())
            while data := sock.recv(65536):
                for event in connection.receive_data(data):
                    self._event(event, connection, sock, streams)
                sock.sendall(connection.data_to_send())
        except OSError:
            pass
        except Exception as problem:  # what arrives must be clean: tests look at this list
            self.problems.append(repr(problem))
        finally:
            with self.lock:
                self.open.discard(sock)
            sock.close()

    def _event(self, event, connection, sock, streams):
        if isinstance(event, h2.events.RequestReceived):
            call = streams[event.stream_id] = Call(self, connection, sock, event.stream_id, event.headers)
            self.calls.append(call)
        elif isinstance(event, h2.events.DataReceived):
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            streams[event.stream_id].take(event.data)
        elif isinstance(event, h2.events.StreamEnded):
            streams[event.stream_id].ended = True
        elif isinstance(event, h2.events.StreamReset):
            streams[event.stream_id].reset = True
            return
        else:
            return
        call = streams[event.stream_id]
        handler = self.handlers.get(call.headers[":path"].rsplit("/", 1)[1])
        if handler is not None:
            handler(call)
        elif isinstance(event, h2.events.RequestReceived):
            call.head(end=True, **{"grpc-status": "12", "grpc-message": "no such method"})

    def stop(self):
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()
        with self.lock:
            for sock in self.open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
