# Which cargo and rustc make modules, with which settings.
#
# First choice: a rustup tool chain that has std for wasm32-wasip1. Else Debian's cargo-web, rustc-web
# and rust-web-src, which build std from its sources: once, into the shared folder.

SDK_ROOT=$PWD
CACHE=${WASMGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmgate}
TARGET=wasm32-wasip1
DEBIAN_CARGO=/usr/bin/cargo
DEBIAN_RUSTC=/usr/bin/rustc
WASI_LIBC=/usr/lib/wasm32-wasi

# A digest of our crate `proxy-wasm`: see its build.rs.
vendor_digest() {
  find vendor/proxy-wasm -type f -not -path '*/target/*' -print0 | LC_ALL=C sort -z |
    xargs -0 cat | sha256sum | cut -c1-16
}

# The root of a tool chain when it has std for the target.
sysroot_with_target() {
  local root
  root=$("$1" --print sysroot 2>/dev/null) || return 1
  compgen -G "$root/lib/rustlib/$TARGET/lib/libstd-*.rlib" >/dev/null
}

# Sets TOOLCHAIN (for people), CARGO_PROGRAM, CARGO_FLAGS and the environment of cargo.
use_wasm_toolchain() {
  local rustc_program linker
  rustc_program=$(command -v rustc || true)
  if [ -n "$rustc_program" ] && sysroot_with_target "$rustc_program"; then
    CARGO_PROGRAM=$(command -v cargo)
    CARGO_FLAGS=()
    export RUSTFLAGS=""
    TOOLCHAIN="$(rustc --version), std for $TARGET installed"
  else
    linker=$(command -v wasm-ld-19 || true)
    local missing=()
    [ -x "$DEBIAN_CARGO" ] || missing+=(cargo-web)
    [ -x "$DEBIAN_RUSTC" ] || missing+=(rustc-web)
    [ -d /usr/lib/rustlib/src/rust/library/std ] || missing+=(rust-web-src)
    [ -n "$linker" ] || missing+=(lld-19)
    [ -f "$WASI_LIBC/libc.a" ] || missing+=(wasi-libc)
    if [ ${#missing[@]} -gt 0 ]; then
      die "no tool chain for $TARGET: either \`rustup target add $TARGET\`, or these Debian packages: ${missing[*]}"
    fi
    CARGO_PROGRAM=$DEBIAN_CARGO
    CARGO_FLAGS=("-Zbuild-std=std,panic_abort" "-Zbuild-std-features=")
    export RUSTC=$DEBIAN_RUSTC
    export RUSTFLAGS="-C linker=wasm-ld-19 -C linker-flavor=wasm-ld -C link-self-contained=no -L native=$WASI_LIBC"
    TOOLCHAIN="$("$DEBIAN_RUSTC" --version), std built from source"
  fi
  # Paths of this machine stay out of the module, so the same inputs give the same bytes.
  # trim-paths does not know sources that stand in for a repository, so vendor/ is named here.
  CARGO_FLAGS+=(-Ztrim-paths)
  VENDOR_REMAP="profile.release.package.proxy-wasm.rustflags=['--remap-path-prefix=$PWD/vendor=vendor']"
  export RUSTC_BOOTSTRAP=1 CARGO_PROFILE_RELEASE_TRIM_PATHS=all
  export CC_wasm32_wasip1=${CC_wasm32_wasip1:-clang-19}
  PROXY_WASM_SOURCES=$(vendor_digest)
  export PROXY_WASM_SOURCES PROXY_WASM_ABI=$ABI
  local version
  version=$("${RUSTC:-rustc}" --version | awk '{print $2}')
  export CARGO_TARGET_DIR="$CACHE/rust/modules-$version"
  mkdir -p "$CARGO_TARGET_DIR"
}

# cargo <verb> for modules.
wasm_cargo() {
  local verb=$1 settings=()
  shift
  # Outside this folder cargo does not find its settings.
  [ -z "${PLUGIN_DIR:-}" ] || settings=(--config "$SDK_ROOT/.cargo/config.toml")
  "$CARGO_PROGRAM" "$verb" --release --target "$TARGET" "${CARGO_FLAGS[@]}" "$@" \
    -Zprofile-rustflags --config "$VENDOR_REMAP" "${settings[@]}"
}

use_native_toolchain() {
  unset RUSTC RUSTFLAGS RUSTC_BOOTSTRAP CARGO_PROFILE_RELEASE_TRIM_PATHS PROXY_WASM_ABI
  PROXY_WASM_SOURCES=$(vendor_digest)
  export PROXY_WASM_SOURCES
  command -v cargo >/dev/null || die "cargo is not installed"
  export CARGO_TARGET_DIR="$CACHE/rust/native"
}

has_cargo_tool() {
  cargo "$1" --version >/dev/null 2>&1
}
