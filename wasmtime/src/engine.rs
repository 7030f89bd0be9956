//! engine.rs - an engine that says no instead of aborting.

use crate::layout::{view, view_mut};
use crate::{Fail, guard, or};
use std::sync::Once;
use wasmtime::{Config, Engine, WasmBacktraceDetails};
use wasmtime_c_api::{wasm_config_t, wasm_engine_t};

/// Panics are caught and reported as errors; nothing is printed.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_engine_new(
    config: &wasm_config_t,
    out: *mut *mut wasm_engine_t,
) -> Fail {
    quiet_panics();
    guard(|| {
        let config: &Config = view(config);
        let engine = Box::new(Engine::new(config)?);
        crate::activation::learn(&engine)?;
        unsafe { *out = Box::into_raw(engine).cast() };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_host_target() -> *const std::ffi::c_char {
    concat!(env!("LODGE_TARGET"), "\0").as_ptr().cast()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_config_extra(
    config: &mut wasm_config_t,
    extended_const: i32,
    backtrace_details: i32,
    core_dump: i32,
) {
    let config: &mut Config = unsafe { view_mut(config) };
    or((), || {
        config.wasm_extended_const(extended_const != 0);
        config.coredump_on_trap(core_dump != 0);
        config.wasm_backtrace_details(if backtrace_details != 0 {
            WasmBacktraceDetails::Enable
        } else {
            WasmBacktraceDetails::Disable
        });
    });
}
