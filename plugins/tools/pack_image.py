#!/usr/bin/env python3
"""Packs a plug-in as an OCI image layout, and into a container engine when one answers.

    pack_image.py --module plugin.wasm [--spec spec.yaml] --layout FOLDER --tag IMAGE [--engine]

The layout holds one image in the "compat" form: an OCI image manifest with one layer
application/vnd.oci.image.layer.v1.tar+gzip, plugin.wasm (and spec.yaml) at its root. The same inputs
give the same bytes: entries sorted, owner and mode fixed, time 0, gzip without name; only index.json
carries the tag. An image of the same content keeps its digest whatever its tag.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


def tar_of(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(files[name]), 0o644, 0
            entry.uid = entry.gid = 0
            archive.addfile(entry, io.BytesIO(files[name]))
    return stream.getvalue()


def gzip_of(data: bytes) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=9, mtime=0) as packer:
        packer.write(data)
    return stream.getvalue()


def json_of(value) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Layout:
    """An OCI image layout being written in a fresh folder."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)

    def blob(self, data: bytes, media_type: str) -> dict:
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / "sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def finish(self, manifest: dict, tag: str) -> None:
        # Tools read the tag from ref.name (the part after the colon) and the full name beside it.
        entry = dict(manifest, annotations={
            "io.containerd.image.name": tag,
            "org.opencontainers.image.ref.name": tag.rpartition(":")[2],
        })
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                 "manifests": [entry]}
        (self.folder / "oci-layout").write_bytes(json_of({"imageLayoutVersion": "1.0.0"}))
        (self.folder / "index.json").write_bytes(json_of(index))


def write_layout(files: dict[str, bytes], folder: pathlib.Path, tag: str) -> str:
    """Writes the image; returns its manifest's digest. An old layout is replaced as a whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=".image-", dir=folder.parent))
    layout = Layout(work)
    tar = tar_of(files)
    layer = layout.blob(gzip_of(tar), LAYER_TYPE)
    config = layout.blob(json_of({
        "architecture": "wasm", "os": "wasi", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]},
    }), CONFIG_TYPE)
    manifest = layout.blob(json_of({
        "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [layer],
    }), MANIFEST_TYPE)
    layout.finish(manifest, tag)
    work.chmod(0o755)
    if folder.exists():
        shutil.rmtree(folder)
    work.rename(folder)
    return manifest["digest"]


def answers(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def load_into_engine(files: dict[str, bytes], folder: pathlib.Path, tag: str) -> str | None:
    """Puts the image into the first engine that answers; returns its name."""
    if os.environ.get("WASMGATE_CONTAINER_ENGINE") == "none":
        return None
    if answers("docker", "info"):
        subprocess.run(["docker", "import", "-", tag], input=tar_of(files), check=True,
                       capture_output=True)
        return "docker"
    for engine in ("podman", "buildah"):
        if answers(engine, "info"):
            pulled = subprocess.run([engine, "pull", "-q", f"oci:{folder}"], check=True, text=True,
                                    capture_output=True).stdout.split()[-1]
            subprocess.run([engine, "tag", pulled, tag], check=True, capture_output=True)
            return engine
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", required=True, type=pathlib.Path)
    parser.add_argument("--spec", type=pathlib.Path, help="left out when the file does not exist")
    parser.add_argument("--layout", required=True, type=pathlib.Path)
    parser.add_argument("--tag", required=True)
    parser.add_argument("--engine", action="store_true", help="also load into a container engine")
    options = parser.parse_args()

    files = {"plugin.wasm": options.module.read_bytes()}
    if options.spec is not None and options.spec.exists():
        files["spec.yaml"] = options.spec.read_bytes()
    digest = write_layout(files, options.layout, options.tag)
    print(f"image layout:     {options.layout} ({digest})")
    if options.engine:
        try:
            engine = load_into_engine(files, options.layout, options.tag)
        except subprocess.CalledProcessError as error:
            # The layout is complete; an engine that answers but refuses must not go unseen.
            sys.exit(f"pack_image.py: {' '.join(error.cmd)} failed:\n{error.stderr}")
        print(f"container engine: {engine or 'none answers; the image layout is the result'}")


if __name__ == "__main__":
    main()
