//! Chooses the ABI marker of the module: `PROXY_WASM_ABI=0_2_1` builds for hosts that know only
//! that version, `0_2_100` (the default) for hosts with the full set of header statuses.
//!
//! Cargo takes a crate that stands in for a repository as never changing. So that an edited one is
//! built again, also in a target folder that several checkouts share, the build verbs put a digest of
//! these sources into `PROXY_WASM_SOURCES`.

fn main() {
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-env-changed=PROXY_WASM_SOURCES");
    println!("cargo:rerun-if-env-changed=PROXY_WASM_ABI");
    match std::env::var("PROXY_WASM_ABI").as_deref() {
        Ok("0_2_1") => println!("cargo:rustc-cfg=abi_0_2_1"),
        Ok("" | "0_2_100") | Err(_) => {}
        Ok(other) => {
            println!("cargo:warning=PROXY_WASM_ABI is `{other}`; it knows 0_2_1 and 0_2_100");
            std::process::exit(1);
        }
    }
}
