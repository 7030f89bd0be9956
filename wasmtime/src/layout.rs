//! layout.rs - the few assumptions about Wasmtime's layouts, all checked.
//!
//! The C API wraps each Rust type in a struct with that one field, private to
//! its crate. We look through the wrappers; sizes are checked at build time,
//! and the two offsets that the compiler may choose are learnt and verified
//! while running.

use crate::store::Link;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use wasmtime::{AsContext, Caller, Config, Engine, Error, Func, Instance, InstancePre, Linker, Module, Store, StoreContext};
use wasmtime_c_api as capi;

/// `Self` is a C wrapper whose only field is `Inner`.
pub unsafe trait Wraps<Inner> {}

macro_rules! wraps {
    ($($outer:ty => $inner:ty),* $(,)?) => { $(
        const _: () = assert!(size_of::<$outer>() == size_of::<$inner>());
        const _: () = assert!(align_of::<$outer>() == align_of::<$inner>());
        unsafe impl Wraps<$inner> for $outer {}
    )* };
}

type Data = capi::WasmtimeStoreData;
wraps! {
    capi::wasm_config_t => Config,
    capi::wasm_engine_t => Engine,
    capi::wasmtime_error_t => Error,
    capi::wasmtime_module_t => Module,
    capi::wasmtime_linker_t => Linker<Data>,
    capi::wasmtime_instance_pre_t => InstancePre<Data>,
    capi::wasmtime_store_t => Store<Data>,
}

pub fn view<O: Wraps<I>, I>(outer: &O) -> &I {
    // SAFETY: one field of the same size and alignment.
    unsafe { &*(outer as *const O).cast() }
}

/// # Safety
/// As `view`, and nobody else uses the object meanwhile.
pub unsafe fn view_mut<O: Wraps<I>, I>(outer: &mut O) -> &mut I {
    unsafe { &mut *(outer as *mut O).cast() }
}

/// Where in a store's data the C API keeps the host's pointer.
pub struct ForeignOffset;
static OFFSET: AtomicUsize = AtomicUsize::new(usize::MAX);

impl ForeignOffset {
    /// Find the pointer that was just stored; the same place every time.
    pub fn learn(data: &Data, pointer: *const u8) -> bool {
        let words = size_of::<Data>() / size_of::<usize>();
        let base: *const usize = (data as *const Data).cast();
        let known = OFFSET.load(Relaxed);
        if known != usize::MAX {
            return unsafe { *base.add(known) } == pointer as usize;
        }
        let found = (0..words).find(|i| unsafe { *base.add(*i) } == pointer as usize);
        OFFSET.store(found.unwrap_or(usize::MAX), Relaxed);
        found.is_some()
    }
}

/// The link of a store, from the store's data.
#[inline]
pub fn link_of(data: &Data) -> *mut Link {
    // SAFETY: lodge_wt_store_new has verified the offset for every store.
    unsafe { *(data as *const Data).cast::<*mut Link>().add(OFFSET.load(Relaxed)) }
}

/// The calling instance: a `Caller` is the store's reference and an
/// `Instance`, in an order that the compiler chooses.
const _: () = assert!(size_of::<Caller<'static, Data>>() == size_of::<usize>() + size_of::<Instance>());
const _: () = assert!(size_of::<Instance>() == 2 * size_of::<usize>());
const _: () = assert!(size_of::<Func>() == 2 * size_of::<usize>());

#[inline]
pub fn instance_in(caller: &Caller<'_, Data>) -> *const Instance {
    let context = caller.as_context();
    // SAFETY: StoreContext is one reference (checked below), a Caller holds
    // the same reference, and Instance is plain data of two words.
    unsafe {
        let store: usize = std::mem::transmute_copy(&context);
        let words: *const usize = (caller as *const Caller<'_, Data>).cast();
        let first = usize::from(*words == store);
        words.add(first).cast::<Instance>()
    }
}
const _: () = assert!(size_of::<StoreContext<'static, Data>>() == size_of::<usize>());
