//! shared.rs - memories that belong to no store.

use crate::host::Probe;
use crate::layout::{view, view_mut};
use crate::refs::refuse;
use crate::{Fail, copy_out, guard, or, text};
use std::time::Duration;
use wasmtime::{Engine, Error, Linker, MemoryTypeBuilder, SharedMemory, Trap, WaitResult};
use wasmtime_c_api::{WasmtimeStoreData, wasm_engine_t, wasmtime_linker_t};

const E_TYPE: i32 = -9;

/// `page_log2` is 0 or 16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shared_new(
    engine: &wasm_engine_t,
    min: u64,
    max: u64,
    is64: i32,
    page_log2: u32,
    out: *mut *mut SharedMemory,
) -> Fail {
    guard(|| {
        let engine: &Engine = view(engine);
        let ty = MemoryTypeBuilder::new()
            .min(min)
            .max(Some(max))
            .memory64(is64 != 0)
            .page_size_log2(page_log2 as u8)
            .shared(true)
            .build()
            .or_else(|e| refuse(E_TYPE, &e.to_string()))?;
        let memory = Box::new(SharedMemory::new(engine, ty)?);
        unsafe { *out = Box::into_raw(memory) };
        Ok(())
    })
}

/// Its type as text, as lodge_wt_item_type gives it; usize::MAX on a panic.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shared_type(memory: &SharedMemory, buf: *mut u8, cap: usize) -> usize {
    or(usize::MAX, || unsafe { copy_out(&crate::module::memory_text(&memory.ty()), buf, cap) })
}

/// `old` is in pages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shared_grow(memory: &SharedMemory, pages: u64, old: &mut u64) -> Fail {
    guard(|| {
        *old = memory.grow(pages)?;
        Ok(())
    })
}

fn outcome(result: Result<WaitResult, Trap>) -> wasmtime::Result<u32> {
    Ok(match result.map_err(Error::from)? {
        WaitResult::Ok => 0,
        WaitResult::Mismatch => 1,
        WaitResult::TimedOut => 2,
    })
}

/// Wait at 4 or 8 bytes; `timeout` u64::MAX is none. `out` is what
/// memory.atomic.wait gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shared_wait(
    memory: &SharedMemory,
    at: u64,
    bytes: u32,
    expected: u64,
    timeout: u64,
    out: &mut u32,
) -> Fail {
    guard(|| {
        let timeout = (timeout != u64::MAX).then(|| Duration::from_nanos(timeout));
        *out = outcome(if bytes == 4 {
            memory.atomic_wait32(at, expected as u32, timeout)
        } else {
            memory.atomic_wait64(at, expected, timeout)
        })?;
        Ok(())
    })
}

/// `woken` is how many had been waiting there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shared_notify(
    memory: &SharedMemory,
    at: u64,
    count: u32,
    woken: &mut u32,
) -> Fail {
    guard(|| {
        *woken = memory.atomic_notify(at, count).map_err(Error::from)?;
        Ok(())
    })
}

/// Define a name without a store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_shared(
    linker: &mut wasmtime_linker_t,
    module: *const u8,
    module_len: usize,
    name: *const u8,
    name_len: usize,
    memory: &SharedMemory,
) -> Fail {
    guard(|| unsafe {
        let linker: &mut Linker<WasmtimeStoreData> = view_mut(linker);
        let mut probe = Probe::new(linker);
        let (module, name) = (text(module, module_len), text(name, name_len));
        linker.define(probe.store(), module, name, memory.clone())?;
        Ok(())
    })
}
