"""A chain of five plug-ins in three languages with a call out at each request: what long runs go through."""

import pathlib
import shutil

import strangers
from gateway import ingress, service, wasm_plugin

AUTH = "outbound|80||auth.dns"
# Modules in Go are large; on a busy machine their calls may need longer than the default allows.
NOTES = {"wasmgate.io/call-deadline": "2s", "wasmgate.io/request-deadline": "5s", "wasmgate.io/start-deadline": "20s"}


def modules():
    """[(name, module, configuration)] in the order of the chain."""
    cpp, rust = strangers.cpp(), strangers.rust()
    return [
        ("auth", cpp / "http-auth.wasm", {"cluster": AUTH}),                     # C++: asks a service about each request
        ("keeper", cpp / "keeper.wasm", {}),                                     # C++: shared data at each request, a timer
        ("configured", rust / "configuration.wasm", {"text": "kept"}),           # Rust: a response header
        ("censor", rust / "body.wasm", {}),                                      # Rust: holds and reads response bodies
        ("changer", pathlib.Path(strangers.go()), {"cluster": AUTH}),            # Go: headers, bodies, a timer, a collector
    ]


def files(upstream, auth, folder):
    """The configuration; `upstream` and `auth` are endpoints. The answers of `auth` begin with an even byte. The modules are copied into
    `folder`: a gateway takes what changes under its eyes."""
    out = {"route.yaml": ingress("soak", "origin"), "service.yaml": service("origin", [upstream]),
           "auth.yaml": service("auth", [auth], annotations={"wasmgate.io/cluster-alias": "auth.dns"})}
    for number, (name, module, config) in enumerate(modules()):
        module = shutil.copy(module, pathlib.Path(folder) / f"{name}.wasm")
        out[f"p{number}.yaml"] = wasm_plugin(name, module, default_config=config, annotations=NOTES, priority=100 - number)
    return out
