#!/usr/bin/env bash
# Installs what the project needs on a Debian 12 machine: packages, Rust crates, the WebAssembly engine. Idempotent: a second run
# looks and leaves. Each step says what it does and how long it took.
#   tools/setup.sh          what `make demo` and `make check` need
#   tools/setup.sh bench    what `make bench` needs on top; tidy: what `make tidy` needs
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$here"
total=$(date +%s)

step() { # step NAME COMMAND...
  local name="$1" begin
  shift
  begin=$(date +%s%N)
  if ! "$@"; then
    echo "setup: $name FAILED (see above)" >&2
    exit 1
  fi
  printf 'setup: %-10s %6.1f s\n' "$name" "$(awk "BEGIN{print ($(date +%s%N)-$begin)/1e9}")"
}

wanted() { sed -e 's/#.*//' -e '/^\s*$/d' "$1"; }

missing_packages() {
  local package
  for package in $(wanted "$1"); do
    # Another toolchain may stand in for these, and their packages would conflict with it.
    case "$package" in
      rustc-web | cargo-web | rust-web-src)
        if rustc --print target-libdir --target wasm32-wasip1 >/dev/null 2>&1 &&
          [ -d "$(rustc --print target-libdir --target wasm32-wasip1)" ]; then continue; fi ;;
    esac
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then echo "$package"; fi
  done
}

packages() {
  local list missing
  list="$1"
  missing=$(missing_packages "$list" | tr '\n' ' ')
  if [ -z "$missing" ]; then return 0; fi
  echo "setup: installing Debian packages: $missing"
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1; then
      sudo=sudo
    else
      echo "setup: not root and no sudo here. Run as root: apt-get install $missing" >&2
      return 1
    fi
  fi
  $sudo apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >"${TMPDIR:-/tmp}/wasmgate-apt.$$.log" 2>&1 ||
    { tail -20 "${TMPDIR:-/tmp}/wasmgate-apt.$$.log" >&2; return 1; }
  rm -f "${TMPDIR:-/tmp}/wasmgate-apt.$$.log"
}

# Asks cargo only when a manifest, a lock file or the tool chain has changed since it last succeeded.
crates() {
  local state
  state=$({ git ls-files -z 'plugins/wasm-rust/*Cargo.toml' 'tests/*Cargo.toml' 'plugins/wasm-rust/*Cargo.lock' 'tests/*Cargo.lock' | xargs -0 cat
    cat tools/setup.sh; cargo --version; rustc --version; /usr/bin/rustc --version; } 2>/dev/null | sha256sum)
  if [ "$state" = "$(cat build/crates.stamp 2>/dev/null)" ]; then return 0; fi
  make -s -C plugins/wasm-rust fetch
  local crate
  for crate in tests/guests/rust tests/random_modules; do (cd "$crate" && cargo fetch --quiet --locked); done
  mkdir -p build
  echo "$state" >build/crates.stamp
}

engine() { engine/build.sh >/dev/null; }

if [ ! -f /etc/debian_version ]; then
  echo "setup: made for Debian 12; on another system install the packages of tools/packages.txt by hand" >&2
fi
if [ -n "${1:-}" ]; then
  step packages packages "tools/packages-$1.txt"
else
  step packages packages tools/packages.txt
  step crates crates
  step engine engine
fi
printf 'setup: done in %s s\n' "$(($(date +%s) - total))"
