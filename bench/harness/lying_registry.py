"""A registry in memory that can be told to lie: images and signatures built here, and faults by repository. It counts requests.

    registry = LyingRegistry()
    image = Image(module)
    registry.add("team/block", image)                                  # GET /v2/team/block/manifests/1
    registry.add("team/block", image, manifest=FAULTS["half a body"])  # the manifest is answered by a fault
"""

import base64
import collections
import gzip
import hashlib
import io
import json
import socket
import socketserver
import subprocess
import tarfile
import threading
import time

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
SIGNED = "application/vnd.dev.cosign.simplesigning.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def text_of(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def layer_of(module):
    """A tar with plugin.wasm, packed by gzip."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("plugin.wasm")
        entry.size = len(module)
        archive.addfile(entry, io.BytesIO(module))
    return gzip.compress(stream.getvalue(), 1, mtime=0)


class Image:
    """`blobs`: digest to bytes; `manifest`: bytes. `edit` may change the manifest's object before it is written."""

    def __init__(self, module=None, layer=None, edit=None, layers=None):
        layer = layer if layer is not None or layers else layer_of(module)
        contents = layers or [(LAYER, layer, None)]
        config = text_of({"architecture": "wasm", "os": "wasip1", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}})
        self.blobs = {digest_of(data): data for data in (config, *(content[1] for content in contents))}
        root = {"schemaVersion": 2, "mediaType": MANIFEST,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config), "size": len(config)},
                "layers": [{"mediaType": kind, "digest": digest_of(data), "size": len(data), **({"annotations": notes} if notes else {})}
                           for kind, data, notes in contents]}
        if edit:
            edit(root)
        self.layer = contents[0][1]
        self.manifest = text_of(root)
        self.digest = digest_of(self.manifest)


def make_key(folder, name):
    """A P-256 key pair: (path of the private key, text of the public one)."""
    private = folder / f"{name}.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private], check=True,
                   capture_output=True)
    return private, subprocess.run(["openssl", "pkey", "-in", private, "-pubout"], check=True, capture_output=True).stdout.decode()


def signature_image(private, digest, spoil_signature=None, spoil_payload=None):
    """What stands under the tag sha256-<hex>.sig; the two functions may change the bytes after they were signed."""
    payload = text_of({"critical": {"identity": {"docker-reference": ""}, "image": {"docker-manifest-digest": digest},
                                    "type": "cosign container image signature"}, "optional": None})
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", private], input=payload, check=True, capture_output=True).stdout
    signature = spoil_signature(signature) if spoil_signature else signature
    payload = spoil_payload(payload) if spoil_payload else payload
    return Image(layers=[(SIGNED, payload, {"dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()})])


def reply(body, status="200 OK", kind=MANIFEST, length=None, extra=""):
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body) if length is None else length}\r\n"
            f"Connection: close\r\n{extra}\r\n").encode() + body


def reset(connection, good):
    """A part of the answer, then RST."""
    connection.sendall(good[:len(good) // 2])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def drip(connection, good):
    """A byte now and then, for much longer than anybody should wait."""
    for byte in good * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.5)


def endless(connection, good):
    """A body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def silent(connection, good):
    """Nothing, until the client goes."""
    connection.settimeout(120)
    connection.recv(1)


def half_head(connection, good):
    """A head that is never finished."""
    connection.sendall(good[:20])
    silent(connection, good)


def stall(connection, good):
    """Half of the body, and no more."""
    connection.sendall(good[:-len(good) // 4])
    silent(connection, good)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: " + MANIFEST.encode() + b"\r\n"
BASIC = 'WWW-Authenticate: Basic realm="x"\r\n'
# Bytes in place of the answer, or a function of (connection, the good answer's bytes).
FAULTS = {
    "closes at once": b"",
    "resets in the middle": reset,
    "half a body, then closes": lambda connection, good: connection.sendall(good[:-len(good) // 4]),
    "half a body, then nothing": stall,
    "announces more than it sends": HEAD + b"Content-Length: 1000\r\n\r\n{",
    "announces 8 TB": HEAD + b"Content-Length: 8796093022208\r\n\r\n{",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "bad chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{",
    "drips": drip,
    "endless body": endless,
    "never answers": silent,
    "half a head": half_head,
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
    "garbage": bytes(range(256)) * 4,
    "500": reply(b"{}", "500 Broken"),
    "503 with Retry-After": reply(b"{}", "503 Later", extra="Retry-After: 1\r\n"),
    "429 for an hour": reply(b"{}", "429 Slow", extra="Retry-After: 3600\r\n"),
    "404": reply(b"{}", "404 None"),
    "redirects to itself": lambda connection, good: connection.sendall(reply(b"", "307 Moved", extra=f"Location: {connection.target}\r\n")),
    "redirects nowhere": reply(b"", "307 Moved"),
    "redirects to metadata": reply(b"", "307 Moved", extra="Location: http://169.254.169.254/\r\n"),
    "401 without challenge": reply(b"", "401 No"),
    "401 again and again": reply(b"", "401 No", extra=BASIC),
    "token realm fails": lambda connection, good: connection.sendall(reply(
        b"", "401 No", extra=f'WWW-Authenticate: Bearer realm="http://{connection.host}/v2/{connection.repository}/token",service="x"\r\n')),
    "token realm elsewhere": reply(b"", "401 No", extra='WWW-Authenticate: Bearer realm="http://169.254.169.254/t"\r\n'),
    "empty body": reply(b""),
    "not JSON": reply(b"hello"),
    "deep JSON": reply(b"[" * 100_000),
    "an HTML page": reply(b"<html></html>", kind="text/html"),
    "the right manifest as another type": lambda connection, good: connection.sendall(good.replace(b"vnd.oci.image.manifest.v1+json", b"x-tar", 1)),
    "another digest in the head": reply(b"{}", extra="Docker-Content-Digest: sha256:" + "1" * 64 + "\r\n"),
    "a large manifest": reply(b" " * 2_000_000),
}

# Taken all the same: a manifest says itself what it is.
HARMLESS = {"the right manifest as another type"}


def tar_that_claims(size):
    """A layer whose tar says that plugin.wasm has `size` bytes, and ends."""
    entry = tarfile.TarInfo("plugin.wasm")
    entry.size = size
    return gzip.compress(entry.tobuf(tarfile.GNU_FORMAT) + b"x" * 512, 1, mtime=0)


# Layers that have the hash they should have.
LAYERS = {
    "gzip bomb": lambda: gzip.compress(bytes(256 * 1024 * 1024), 9, mtime=0),
    "a tar that claims 8 TB": lambda: tar_that_claims(8 << 40),
    "no module in the tar": lambda: gzip.compress(bytes(1024), 1, mtime=0),
}


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        server = self.server
        try:
            self.request.settimeout(20)
            data = b""
            while b"\r\n\r\n" not in data:
                part = self.request.recv(65536)
                if not part:
                    return
                data += part
            target = data.split(b" ", 2)[1].decode()
            answer = server.answer(target)
            if isinstance(answer, bytes):
                self.request.sendall(answer)
            else:
                fault, good, repository = answer
                server.faults_told += 1
                if isinstance(fault, bytes):
                    self.request.sendall(fault)
                else:
                    fault(_Client(self.request, target, server.host, repository), good)
        except OSError:
            pass  # the client has enough of it


class _Client:
    """The connection, and what was asked on it."""

    def __init__(self, connection, target, host, repository):
        self.target, self.host, self.repository = target, host, repository
        for name in ("sendall", "recv", "settimeout", "setsockopt"):
            setattr(self, name, getattr(connection, name))


class LyingRegistry(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def __init__(self, port=0):
        self.manifests, self.blobs, self.faults = {}, {}, {}
        self.requests, self.times, self.faults_told, self.lock = collections.Counter(), [], 0, threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def add(self, repository, image, manifest=None, blob=None, blobs=None, tag="1"):
        """`manifest`, `blob`: faults in place of the two. `blobs`: digest to bytes, in place of what the manifest says."""
        for name in (tag, image.digest):
            self.manifests[repository, name] = image.manifest
        for digest, data in {**image.blobs, **(blobs or {})}.items():
            self.blobs[repository, digest] = data
        self.faults[repository] = {"manifests": manifest, "blobs": blob}

    def forget(self, repository):
        for table in (self.manifests, self.blobs):
            for key in [key for key in table if key[0] == repository]:
                del table[key]
        self.faults.pop(repository, None)

    def answer(self, target):
        parts = target.split("?")[0].removeprefix("/v2/").rsplit("/", 2)
        with self.lock:
            self.times.append(time.monotonic())
            if len(parts) != 3 or parts[1] not in ("manifests", "blobs"):
                self.requests[target.split("?")[0].removeprefix("/v2/").removesuffix("/token")] += 1
                return reply(b"{}", "500 Broken", kind="application/json")
            repository, kind, name = parts
            self.requests[repository] += 1
        known = (self.manifests if kind == "manifests" else self.blobs).get((repository, name))
        good = reply(known, kind=MANIFEST if kind == "manifests" else "application/octet-stream") if known is not None \
            else reply(b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"not here"}]}', "404 None", kind="application/json")
        fault = self.faults.get(repository, {}).get(kind)
        return good if fault is None else (fault, good, repository)

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()
