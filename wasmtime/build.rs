//! Copies Wasmtime's C headers beside the build, where C finds them.
use std::{env, fs, path::Path};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("cannot make the include folder");
    for entry in fs::read_dir(from).expect("cannot read Wasmtime's headers") {
        let entry = entry.expect("cannot read Wasmtime's headers");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("cannot copy a header");
        }
    }
}

fn main() {
    let from = env::var("DEP_WASMTIME_C_API_INCLUDE").expect("wasmtime-c-api-impl gives its headers");
    let out = env::var("OUT_DIR").expect("cargo gives OUT_DIR");
    copy(Path::new(&from), &Path::new(&out).join("include"));
    let target = env::var("TARGET").expect("cargo gives TARGET");
    println!("cargo:rustc-env=LODGE_TARGET={target}");
    println!("cargo:rerun-if-changed=build.rs");
}
