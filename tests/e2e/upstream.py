"""A scripted HTTP/1.1 server: records what arrives, byte for byte where it matters, and answers as it is told."""

import socket
import threading


class Request:
    def __init__(self, method, target, headers, body, trailers):
        self.method, self.target, self.headers, self.body, self.trailers = method, target, headers, body, trailers

    def get(self, name):
        """All values of a header, joined by a comma; None when absent."""
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return ",".join(values) if values else None


def read_line(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("connection ended or bare LF")
    return line[:-2]


def read_message(stream):
    """Strictly reads one request. None at a clean end of the connection."""
    first = stream.readline()
    if first == b"":
        return None
    method, target, version = first[:-2].split(b" ")
    assert version == b"HTTP/1.1", first
    headers, trailers = [], []
    while (line := read_line(stream)) != b"":
        name, value = line.split(b":", 1)
        headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    lower = [n.lower() for n, _ in headers]
    length = [v for n, v in headers if n.lower() == "content-length"]
    chunked = [v for n, v in headers if n.lower() == "transfer-encoding"]
    assert len(length) + len(chunked) <= 1, f"ambiguous framing: {headers}"
    assert lower.count("host") == 1, f"host: {headers}"
    body = b""
    if length:
        body = stream.read(int(length[0]))
        if len(body) != int(length[0]):
            raise ConnectionError("body cut")
    elif chunked:
        assert chunked == ["chunked"], chunked
        while True:
            size = int(read_line(stream), 16)
            if size == 0:
                break
            body += stream.read(size)
            assert stream.read(2) == b"\r\n"
        while (line := read_line(stream)) != b"":
            name, value = line.split(b":", 1)
            trailers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    return Request(method.decode(), target.decode("latin-1"), headers, body, trailers)


class Upstream:
    """`answer(request) -> (status, [(name, value)], body bytes)`; default 200 with a small body. Runs until stop()."""

    def __init__(self, answer=None):
        self.requests = []
        self.problems = []
        self.connections = 0
        self.lock = threading.Lock()
        self.answer = answer or (lambda request: (200, [("content-type", "text/plain")], b"upstream"))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.open = set()
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()

    def endpoint(self):
        return ("127.0.0.1", self.port)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.add(connection)
                self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            stream = connection.makefile("rb")
            while (request := read_message(stream)) is not None:
                with self.lock:
                    self.requests.append(request)
                reply = self.answer(request)
                if isinstance(reply, bytes):
                    connection.sendall(reply)
                    continue
                status, headers, body = reply
                head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers)
                if status not in (204, 304) and not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in headers):
                    head += f"content-length: {len(body)}\r\n"
                if request.method == "HEAD":
                    body = b""
                connection.sendall((head + "\r\n").encode("latin-1") + body)
        except (OSError, ConnectionError):
            pass
        except Exception as problem:  # what arrives must be clean: tests look at this list
            with self.lock:
                self.problems.append(repr(problem))
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    def take(self):
        with self.lock:
            out, self.requests = self.requests, []
        return out

    def stop(self):
        if self.listener.fileno() < 0:
            return
        # The thread must be out of accept() before the descriptor is closed: the next server may get its number.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
