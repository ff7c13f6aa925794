#!/usr/bin/env bash
# Builds the driving guest in Rust with the SDK's tool chain:  build_rust.sh TABLE OUT
set -euo pipefail

die() {
  echo "error: $*" >&2
  exit 1
}

[ $# -eq 2 ] || die "usage: $0 TABLE OUT"
here=$(cd "$(dirname "$0")" && pwd)
table=$(realpath "$1")
out=$(realpath -m "$2")
cd "$here/../../../../plugins/wasm-rust"
source tools/lib/toolchain.sh
export ABI=0_2_1
use_wasm_toolchain
cd "$here/rust"
export DRIVER_TABLE=$table
# _initialize is crt1-reactor's, since no macro of an SDK defines one; rustup's target brings that file itself.
start=()
case "$RUSTFLAGS" in *link-self-contained=no*) start=(-C "link-arg=$WASI_LIBC/crt1-reactor.o") ;; esac
(
  flock 9
  "$CARGO_PROGRAM" rustc --quiet --release --locked --offline --target "$TARGET" "${CARGO_FLAGS[@]}" --lib -- \
    "${start[@]}" -C link-arg=-zstack-size=262144 -C link-arg=--initial-memory=1048576 # 16 pages, as the text form has
  cp "$CARGO_TARGET_DIR/$TARGET/release/abi_driver.wasm" "$out"
) 9>"$CARGO_TARGET_DIR/.plugin-lock"
