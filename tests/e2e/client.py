"""A plain HTTP/1.1 client on a socket: it sends exactly what it is told and reads answers strictly."""

import socket


class Answer:
    def __init__(self, status, headers, body, trailers):
        self.status, self.headers, self.body, self.trailers = status, headers, body, trailers

    def get(self, name):
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return ",".join(values) if values else None


class Connection:
    def __init__(self, port, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method="GET", path="/", headers=(), body=None, chunks=None, host="127.0.0.1"):
        """Sends one request (chunked when `chunks` is given) and reads the answer."""
        lines = [f"{method} {path} HTTP/1.1"]
        names = [n.lower() for n, _ in headers]
        if "host" not in names:
            lines.append(f"Host: {host}")
        lines += [f"{n}: {v}" for n, v in headers]
        payload = b""
        if chunks is not None:
            lines.append("Transfer-Encoding: chunked")
        elif body is not None:
            payload = body
            if "content-length" not in names:
                lines.append(f"Content-Length: {len(body)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + payload)
        for chunk in chunks or ():
            self.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        if chunks is not None:
            self.send(b"0\r\n\r\n")
        return self.read_answer(method)

    def read_answer(self, method="GET"):
        while True:
            line = self._line()
            parts = line.split(b" ", 2)
            assert parts[0] in (b"HTTP/1.1", b"HTTP/1.0"), line
            status = int(parts[1])
            headers = []
            while (line := self._line()) != b"":
                name, value = line.split(b":", 1)
                headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
            if status >= 200:
                break
        lower = {n.lower(): v for n, v in headers}
        trailers = []
        if method == "HEAD" or status in (204, 304):
            body = b""
        elif lower.get("transfer-encoding") == "chunked":
            assert "content-length" not in lower, headers
            body = b""
            while (size := int(self._line(), 16)) != 0:
                body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
            while (line := self._line()) != b"":
                name, value = line.split(b":", 1)
                trailers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
        elif "content-length" in lower:
            body = self._exactly(int(lower["content-length"]))
        else:
            body = self.stream.read()
        return Answer(status, headers, body, trailers)

    def closed_by_peer(self, timeout=2.0):
        """True when the peer closes within `timeout` and sends nothing more."""
        self.socket.settimeout(timeout)
        try:
            return self.stream.read(1) == b""
        except socket.timeout:
            return False
        except ConnectionResetError:
            return True

    def _line(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"connection ended inside a line: {line!r}")
        return line[:-2]

    def _exactly(self, size):
        data = self.stream.read(size)
        if len(data) != size:
            raise ConnectionError(f"connection ended after {len(data)} of {size} bytes")
        return data

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def fetch(port, method="GET", path="/", **kwargs):
    """One request on a connection of its own."""
    with Connection(port) as connection:
        return connection.request(method, path, **kwargs)
