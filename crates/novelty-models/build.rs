//! Passes the place of libtorch on to this package's own tests and doctests.
//!
//! A library's rpath does not reach the binaries that use it: every package that ends in a
//! binary linked to libtorch needs these lines.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Ok(libtorch) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{libtorch}");
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo::rustc-link-arg=-ltorch");
    }
}
