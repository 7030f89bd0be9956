//! call.rs - entering the guest, on the caller's stack or on a fiber.

use crate::layout::{link_of, view};
use crate::store::Link;
use crate::{Fail, copy_out, guard};
use std::ffi::c_void;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::{
    AsContextMut, Caller, Error, Extern, Func, HeapType, Instance, InstancePre, Ref, RefType, Result,
    Table, TableType, ValRaw,
};
use wasmtime_c_api::{
    WasmtimeStoreContextMut, WasmtimeStoreData, wasmtime_instance_pre_t,
};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;

/// What the fiber runs: a closure on the stack of whoever waits for it.
type Job<'a> = &'a mut dyn FnMut(Ctx<'_>) -> Result<()>;

/// The first function on the fiber: notes where the stack begins, then runs
/// the job.
fn driver(mut caller: Caller<'_, WasmtimeStoreData>) -> Result<()> {
    let link = link_of(caller.data());
    let mark = 0u8;
    // SAFETY: on_fiber has put the job there and waits for us.
    let job = unsafe {
        (*link).fiber = std::ptr::from_ref(&mark) as usize;
        &mut *(*link).job.cast::<Job<'_>>()
    };
    job(caller.as_context_mut())
}

/// The store's driver function, made once.
fn driver_of(store: &mut Ctx<'_>, link: *mut Link) -> Func {
    // SAFETY: the link belongs to this store, which we hold.
    let slot = unsafe { &mut (*link).driver };
    *slot.get_or_insert_with(|| Func::wrap(store.as_context_mut(), driver))
}

/// Run `job` on a fiber of the store, to its end.
fn on_fiber(mut store: Ctx<'_>, mut job: impl FnMut(Ctx<'_>) -> Result<()>) -> Result<()> {
    let link = link_of(store.data());
    let func = driver_of(&mut store, link);
    let mut erased: Job<'_> = &mut job;
    let (old_job, old_fiber) = unsafe { ((*link).job, (*link).fiber) };
    unsafe { (*link).job = (&raw mut erased).cast::<c_void>() };
    let done = {
        let mut future = pin!(func.call_async(&mut store, &[], &mut []));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            // Pending means that the collector took a pause.
            if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
                break done;
            }
        }
    };
    unsafe { ((*link).job, (*link).fiber) = (old_job, old_fiber) };
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_call(
    store: Ctx<'_>,
    func: &Func,
    raw: *mut ValRaw,
    len: usize,
) -> Fail {
    let slice = std::ptr::slice_from_raw_parts_mut(raw, len);
    guard(|| unsafe { func.call_unchecked(store, slice) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_call_fiber(
    store: Ctx<'_>,
    func: &Func,
    raw: *mut ValRaw,
    len: usize,
) -> Fail {
    let slice = std::ptr::slice_from_raw_parts_mut(raw, len);
    guard(|| on_fiber(store, |s| unsafe { func.call_unchecked(s, slice) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_instantiate(
    mut store: Ctx<'_>,
    pre: &wasmtime_instance_pre_t,
    fiber: i32,
    out: &mut Instance,
) -> Fail {
    guard(|| {
        let pre: &InstancePre<WasmtimeStoreData> = view(pre);
        if fiber == 0 {
            *out = pre.instantiate(&mut store)?;
            return Ok(());
        }
        on_fiber(store, |s| {
            *out = pre.instantiate(s)?;
            Ok(())
        })
    })
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
    let mut length = 0;
    let _ = guard(|| unsafe {
        let item = match kind {
            17 => Extern::Func(item.cast::<Func>().read()),
            18 => Extern::Memory(item.cast::<wasmtime::Memory>().read()),
            19 => Extern::Table(item.cast::<wasmtime::Table>().read()),
            20 => Extern::Global(item.cast::<wasmtime::Global>().read()),
            21 => Extern::Tag(item.cast::<wasmtime::Tag>().read()),
            _ => return Err(Error::msg("unknown kind")),
        };
        length = copy_out(&crate::module::type_text(&item.ty(store)), buf, cap);
        Ok(())
    });
    length
}

fn ref_type(code: u32) -> Option<RefType> {
    let heap = match code {
        5 => HeapType::Func,
        6 => HeapType::Extern,
        7 => HeapType::Any,
        8 => HeapType::Eq,
        9 => HeapType::I31,
        10 => HeapType::Struct,
        11 => HeapType::Array,
        12 => HeapType::Exn,
        13 => HeapType::None,
        14 => HeapType::NoFunc,
        15 => HeapType::NoExtern,
        16 => HeapType::NoExn,
        _ => return None,
    };
    Some(RefType::new(true, heap))
}

/// A table made by the host, which the C API can make with 32-bit indices
/// only. `max` u64::MAX is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_table_new(
    store: Ctx<'_>,
    code: u32,
    is64: i32,
    min: u64,
    max: u64,
    init: Option<&Func>,
    out: &mut Table,
) -> Fail {
    guard(|| {
        let Some(element) = ref_type(code) else {
            return Err(Error::msg("tables of this element type cannot be made"));
        };
        let init = match init {
            Some(func) => Ref::Func(Some(*func)),
            None => Ref::null(element.heap_type()),
        };
        let max = (max != u64::MAX).then_some(max);
        let ty = if is64 != 0 {
            TableType::new64(element, min, max)
        } else {
            let narrow = |n: u64| u32::try_from(n);
            TableType::new(element, narrow(min)?, max.map(narrow).transpose()?)
        };
        *out = Table::new(store, ty, init)?;
        Ok(())
    })
}
