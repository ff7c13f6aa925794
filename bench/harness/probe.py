"""Whether a server does what it is measured for: one request and its answer, before and after every measured second."""

import http.client

from harness.servers import BODIES, Upstream


class EffectMissing(Exception):
    """The server answers, but not with the effect that the scenario is about."""


def fetch(port, path="/1k", probe=True):
    """(status, headers with lower-case names, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"X-Probe": "1"} if probe else {})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, {n.lower(): v for n, v in answer.getheaders()}, body
    finally:
        connection.close()


def seen_header(values=(), sixty=""):
    """What the upstream reports when the headers x-bench-1, x-bench-2, … arrived with these values."""
    return ",".join(list(values) + [""] * (Upstream.HEADERS - len(values))) + ";" + sixty


def expect(what, got, wanted):
    if got != wanted:
        raise EffectMissing(f"{what}: {got!r} instead of {wanted!r}")


def check_passes(port, seen, path="/1k"):
    """A request goes through, and the upstream saw exactly those headers of plug-ins."""
    status, headers, body = fetch(port, path)
    expect(f"status of {path}", status, 200)
    expect("length of the body", len(body), BODIES[path])
    expect("headers that the upstream saw", headers.get("x-seen"), seen)


def check_blocked(port, path, status):
    got, headers, _ = fetch(port, path)
    expect(f"status of {path}", got, status)
    expect("answer of the upstream to a blocked request", headers.get("x-seen"), None)
