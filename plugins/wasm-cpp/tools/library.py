#!/usr/bin/env python3
"""Builds a C or C++ library from Debian's source package, once, into the cache.

    library.py NAME      prints the folder that holds include/ and lib<NAME>.a, built for wasm32-wasi

The cache is ${WASMGATE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/wasmgate}/cpp-libraries. A result is
keyed by the package's version and everything in this file and its helper folders, and
is put in place by one rename, so it can be deleted at any time: the next build makes it again.
"""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent
FLAGS = ["--target=wasm32-wasi", "-O2", "-fno-exceptions", "-DNDEBUG", "-w"]


def cache_root() -> pathlib.Path:
    named = os.environ.get("WASMGATE_CACHE")
    if named:
        return pathlib.Path(named) / "cpp-libraries"
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "wasmgate" / "cpp-libraries"


def fail(message: str) -> None:
    sys.exit(f"library.py: {message}")


def run(command, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        fail(f"command failed ({done.returncode}): {words}\n{done.stdout}{done.stderr}")
    return done.stdout


# Getting the sources -----------------------------------------------------------------------------


def source_lines() -> str:
    """deb-src lines for every Debian place this machine already takes packages from."""
    listed = run(["apt-get", "indextargets", "--format", "$(SITE)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)",
                  "Created-By: Packages"])
    places = {tuple(line.split("|")[:3]) for line in listed.splitlines() if line.endswith("|Debian")}
    if not places:
        fail("this machine has no Debian package source; `apt-get update` may be missing")
    return "".join(f"deb-src {site} {release} {part}\n" for site, release, part in sorted(places))


def fetch(package: str, into: pathlib.Path) -> pathlib.Path:
    """Downloads and unpacks a source package with Debian's patches; returns its folder."""
    (into / "lists" / "partial").mkdir(parents=True)
    (into / "sources.list").write_text(source_lines())
    options = ["-o", f"Dir::Etc::sourcelist={into}/sources.list", "-o",
               "Dir::Etc::sourceparts=/dev/null", "-o", f"Dir::State::lists={into}/lists",
               "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
    if os.geteuid() == 0:
        options += ["-o", "APT::Sandbox::User=root"]
    run(["apt-get", *options, "update"])
    run(["apt-get", *options, "source", "--download-only", package], cwd=into)
    description = next(into.glob("*.dsc"), None)
    if description is None:
        fail(f"no source package {package} was downloaded")
    run(["dpkg-source", "--no-check", "-x", description.name, "unpacked"], cwd=into)
    return into / "unpacked"


def candidate_version(package: str) -> str:
    """The version of the source package this machine would get, from its package lists."""
    probe = {"re2": "libre2-dev", "mbedtls": "libmbedtls-dev", "libsodium": "libsodium-dev"}[package]
    shown = run(["apt-cache", "policy", probe])
    found = re.search(r"Candidate: (\S+)", shown)
    if not found or found.group(1) == "(none)":
        fail(f"package {probe} is unknown to this machine; `apt-get update` may be missing")
    return re.sub(r"\+b\d+$", "", found.group(1))


# Compiling ---------------------------------------------------------------------------------------


def archive(sources, options, out: pathlib.Path, folder: pathlib.Path) -> None:
    objects = []
    for source in sources:
        compiler = ["clang++-19", "-std=c++17"] if source.suffix == ".cc" else ["clang-19", "-std=gnu11"]
        item = folder / f"{len(objects)}-{source.stem}.o"
        run([*compiler, *FLAGS, f"-ffile-prefix-map={folder}=.", *options, "-c", str(source), "-o",
             str(item)])
        objects.append(str(item))
    run(["llvm-ar", "rcsD", str(out), *objects])


def copy_headers(source: pathlib.Path, pattern: str, to: pathlib.Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for header in sorted(source.glob(pattern)):
        shutil.copy(header, to / header.name)


def generate_re2_tables(source: pathlib.Path) -> None:
    """Runs RE2's own scripts on Debian's Unicode data; they ask `six` for one module only."""
    shim = source / "shim" / "six" / "moves"
    shim.mkdir(parents=True)
    (shim.parent / "__init__.py").write_text("")
    (shim / "__init__.py").write_text("import urllib.request\nimport urllib\n")
    environment = dict(os.environ, PYTHONPATH=str(source / "shim"))
    if not pathlib.Path("/usr/share/unicode/Scripts.txt").exists():
        fail("Debian's package unicode-data is missing")
    for script, table in [(["python3", "make_unicode_groups.py"], "unicode_groups.cc"),
                          (["python3", "make_unicode_casefold.py"], "unicode_casefold.cc"),
                          (["perl", "make_perl_groups.pl"], "perl_groups.cc")]:
        text = run(script, cwd=source / "re2", env=environment)
        (source / "re2" / table).write_text(text)


def build_re2(source: pathlib.Path, out: pathlib.Path) -> None:
    generate_re2_tables(source)
    sources = [path for path in sorted((source / "re2").glob("*.cc"))]
    sources += [source / "util" / "rune.cc", source / "util" / "strutil.cc"]
    shutil.copy(TOOLS / "re2_single_thread/util/mutex.h", source / "util" / "mutex.h")
    archive(sources, [f"-I{source}"], out / "libre2.a", source)
    for header in ["re2.h", "set.h", "stringpiece.h", "filtered_re2.h"]:
        copy_headers(source / "re2", header, out / "include" / "re2")


MBEDTLS_FILES = """asn1parse asn1write bignum constant_time ecdsa ecp ecp_curves md md5 oid
platform_util rsa rsa_internal sha1 sha256 sha512""".split()


def build_mbedtls(source: pathlib.Path, out: pathlib.Path) -> None:
    include = out / "include"
    copy_headers(source / "include" / "mbedtls", "*.h", include / "mbedtls")
    shutil.copy(TOOLS / "mbedtls_config.h", include / "wasmgate_mbedtls_config.h")
    sources = [source / "library" / f"{name}.c" for name in MBEDTLS_FILES]
    options = [f"-I{include}", '-DMBEDTLS_CONFIG_FILE="wasmgate_mbedtls_config.h"']
    archive(sources, options, out / "libmbedtls.a", source)


SODIUM_FILES = """crypto_core/ed25519/ref10/ed25519_ref10 crypto_sign/ed25519/ref10/open
crypto_sign/ed25519/ref10/sign crypto_hash/sha512/cp/hash_sha512_cp crypto_verify/sodium/verify""".split()


def build_sodium(source: pathlib.Path, out: pathlib.Path) -> None:
    """Ed25519 signatures only."""
    root = source / "src" / "libsodium"
    sources = [root / f"{name}.c" for name in SODIUM_FILES]
    sources.append(pathlib.Path(shutil.copy(TOOLS / "sodium_parts" / "support.c", source)))
    archive(sources, [f"-I{root}/include", f"-I{root}/include/sodium"], out / "libsodium.a", source)
    for header in ["crypto_sign_ed25519.h", "crypto_hash_sha512.h", "export.h"]:
        copy_headers(root / "include" / "sodium", header, out / "include" / "sodium")


# Name to Debian's source package and the function that builds it.
RECIPES = {
    "re2": ("re2", build_re2),
    "mbedtls": ("mbedtls", build_mbedtls),
    "sodium": ("libsodium", build_sodium),
}


def recipe_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in TOOLS.rglob("*") if path.is_file()):
        if path.suffix in (".h", ".c") or path.name == "library.py":
            digest.update(path.relative_to(TOOLS).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in RECIPES:
        fail(f"usage: library.py {'|'.join(RECIPES)}")
    name = sys.argv[1]
    package, build = RECIPES[name]
    version = candidate_version(package)
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    place = root / f"{name}-{version}-{recipe_hash()}"
    with open(root / f".{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            print(f"building {name} {version} (once)", file=sys.stderr)
            with tempfile.TemporaryDirectory(dir=root) as scratch:
                work = pathlib.Path(scratch)
                source = fetch(package, work / "source")
                (work / "out").mkdir()
                build(source, work / "out")
                (work / "out").rename(place)
    print(place)


if __name__ == "__main__":
    main()
