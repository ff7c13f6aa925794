"""A network of our own: loopback in a fresh namespace when the machine allows it, and ports that nothing else uses."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
LOCAL_PORTS = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
CONGESTION = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control")


def enter_namespace():
    """Moves this process, and so all that it starts, into a new network namespace. Returns what the run is on, in words."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return f"shared loopback (no own namespace: {os.strerror(ctypes.get_errno())})"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
    try:
        CONGESTION.write_text("reno")
    except OSError:
        pass  # the one in use is recorded with the machine's facts
    return "own network namespace"


def congestion_control():
    return CONGESTION.read_text().strip()


class Ports:
    """Hands out free ports below the range from which the kernel takes those of outgoing connections."""

    def __init__(self):
        lowest = int(LOCAL_PORTS.read_text().split()[0])
        self.candidates = iter(range(max(1024, lowest - 8000), lowest))

    def take(self):
        for port in self.candidates:
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
        raise RuntimeError(f"no free port below {LOCAL_PORTS.read_text().strip()}")
