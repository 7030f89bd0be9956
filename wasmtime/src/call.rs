//! call.rs - entering the guest, on the caller's stack or on a fiber.

use crate::layout::{link_of, view};
use crate::store::Link;
use crate::{Fail, copy_out, guard, or};
use std::ffi::c_void;
use std::ptr::NonNull;
use wasmtime::{
    Error, Extern, Func, GcHeapOutOfMemory, Instance, InstancePre, Result,
    ThrownException, Trap, ValRaw, WasmBacktrace,
};
use wasmtime_c_api::{
    WasmtimeStoreContextMut, WasmtimeStoreData, wasmtime_error_t, wasmtime_instance_pre_t,
};
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;

/// A stack for one store, kept for its next use.
pub fn take_stack(link: &mut Link, size: usize) -> Result<FiberStack> {
    let kept = std::mem::replace(&mut link.stack, std::ptr::null_mut());
    if kept.is_null() {
        return FiberStack::new(size, false);
    }
    // SAFETY: only keep_stack puts something there.
    Ok(*unsafe { Box::from_raw(kept) })
}

pub fn keep_stack(link: &mut Link, stack: FiberStack) {
    drop_stack(link);
    link.stack = Box::into_raw(Box::new(stack));
}

/// Give the kept stack back to the system.
pub fn drop_stack(link: &mut Link) {
    if !link.stack.is_null() {
        drop(unsafe { Box::from_raw(link.stack) });
        link.stack = std::ptr::null_mut();
    }
}

/// Run `job` on a stack of its own, to its end, and come back here. It never
/// waits there: for Wasmtime this is an ordinary call deeper on a stack.
fn on_fiber(store: Ctx<'_>, size: usize, job: impl FnOnce(Ctx<'_>) -> Result<()>) -> Result<()> {
    // SAFETY: the link belongs to this store, which we hold.
    let link = unsafe { &mut *link_of(store.data()) };
    let stack = take_stack(link, size)?;
    let top = stack.top().map_or(0, |top| top as usize);
    let body = |(), _: &mut Suspend<(), (), Fail>| guard(|| job(store));
    let fiber = Fiber::new(stack, body).map_err(|(error, _)| error)?;
    let outer = std::mem::replace(&mut link.fiber, top);
    let done = fiber.resume(());
    link.fiber = outer;
    keep_stack(link, fiber.into_stack());
    match done {
        Ok(None) | Err(()) => Ok(()),
        Ok(Some(error)) => Err((*error).into()),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_call(
    store: Ctx<'_>,
    func: *const Func,
    raw: NonNull<ValRaw>,
    len: usize,
) -> Fail {
    // A copy: the guest may make what `func` points into move.
    let func = unsafe { *func };
    let slice = NonNull::slice_from_raw_parts(raw, len).as_ptr();
    guard(|| unsafe { func.call_unchecked(store, slice) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_call_fiber(
    store: Ctx<'_>,
    func: *const Func,
    raw: *mut ValRaw,
    len: usize,
    fiber: usize,
) -> Fail {
    let func = unsafe { *func }; // as above
    let slice = std::ptr::slice_from_raw_parts_mut(raw, len);
    guard(|| on_fiber(store, fiber, |s| unsafe { func.call_unchecked(s, slice) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_instantiate(
    mut store: Ctx<'_>,
    pre: &wasmtime_instance_pre_t,
    fiber: usize,
    out: &mut Instance,
) -> Fail {
    let link = link_of(store.data());
    let failed = guard(|| {
        let pre: &InstancePre<WasmtimeStoreData> = view(pre);
        if fiber == 0 {
            *out = pre.instantiate(&mut store)?;
            return Ok(());
        }
        on_fiber(store, fiber, |s| {
            *out = pre.instantiate(s)?;
            Ok(())
        })
    });
    // SAFETY: the link belongs to this store, which we hold.
    unsafe { (*link).nothing_made = u32::from(failed.as_ref().is_some_and(|e| !guest_ran(view(&**e)))) };
    failed
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_guest_ran(error: &wasmtime_error_t) -> i32 {
    or(1, || i32::from(guest_ran(view(error))))
}

/// Whether an error came out of a start function or an initial value, when
/// the instance had its memories already. In doubt it did.
fn guest_ran(error: &Error) -> bool {
    error.is::<WasmBacktrace>()
        || error.is::<Trap>()
        || error.is::<GcHeapOutOfMemory<()>>()
        || error.is::<ThrownException>()
        || error.is::<crate::host::Failure>()
        || error.is::<crate::store::Interrupted>()
        || error.is::<crate::Panicked>()
        || error.is::<wasmtime_wasi::I32Exit>()
}

/// The four words of Wasmtime's function reference: the same function of a
/// store has the same words, wherever it was exported or stored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_func_identity(func: &Func, words: *mut u64) {
    // SAFETY: a Func is the store's number and the address of a reference of
    // four words (sizes checked in layout.rs).
    unsafe {
        let reference = std::ptr::from_ref(func).cast::<*const u64>().add(1).read();
        std::ptr::copy_nonoverlapping(reference, words, 4);
    }
}

/// Type of an item: `kind` is LODGE_KIND_FUNC, _MEMORY, _TABLE, _GLOBAL or
/// _TAG, `item` the C API's struct of that kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_item_type(
    store: Ctx<'_>,
    kind: u32,
    item: *const c_void,
    buf: *mut u8,
    cap: usize,
) -> usize {
    or(usize::MAX, || unsafe {
        let item = match kind {
            17 => Extern::Func(item.cast::<Func>().read()),
            18 => Extern::Memory(item.cast::<wasmtime::Memory>().read()),
            19 => Extern::Table(item.cast::<wasmtime::Table>().read()),
            20 => Extern::Global(item.cast::<wasmtime::Global>().read()),
            21 => Extern::Tag(item.cast::<wasmtime::Tag>().read()),
            _ => return usize::MAX,
        };
        let link = link_of(store.data());
        let types = crate::types::shared((*link).types);
        let holder = crate::refs::refs(link).holder.clone();
        let teller = crate::types::Teller::new(types.as_ref(), &holder);
        copy_out(&crate::module::type_text(&item.ty(store), &teller), buf, cap)
    })
}
