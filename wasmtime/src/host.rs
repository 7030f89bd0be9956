//! host.rs - host functions, and the failures they report.

use crate::layout::{instance_in, link_of, view, view_mut};
use crate::refs::listed;
use crate::store::Link;
use crate::types::{List, Teller, Types, is_declared, is_subtype, shared};
use crate::{Fail, give, guard, or, text};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use wasmtime::{
    AsContextMut, Error, ExnRef, Extern, ExternType, FuncType, Instance, Linker, MemoryTypeBuilder, Module, Mutability, OwnedRooted,
    RefType, Store, TableType, ValRaw, ValType,
};
use wasmtime_c_api::{
    WasmtimeStoreContextMut, WasmtimeStoreData, wasm_engine_t, wasmtime_error_t, wasmtime_linker_t, wasmtime_module_t,
    wasmtime_store_new,
};

const E_HOST: i32 = -35;
const AS_SAID: i32 = 1396787524;

/// What a host function reported, with what had failed before it.
#[derive(Debug, Clone)]
pub struct Failure {
    pub status: i32,
    pub payload: u64,
    pub exit_code: i32,
    pub detail: u64,
    pub trap: i32, // LODGE_TRAP_*, -1 = none
    pub message: String,
    pub cause: Option<Box<Failure>>,
    /// To be thrown: the status is then E_EXCEPTION.
    pub exception: Option<OwnedRooted<ExnRef>>,
}

impl Failure {
    pub fn refusal(status: i32, message: &str) -> Failure {
        let message = message.to_string();
        Failure { status, payload: 0, exit_code: 0, detail: 0, trap: -1, message, cause: None, exception: None }
    }

    /// A host function of ours that cannot do its work.
    pub fn of_ours(message: &str) -> Failure {
        Failure::refusal(E_HOST, message)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Failure {}

fn take(slot: &mut *mut Failure) -> Option<Box<Failure>> {
    let ptr = std::mem::replace(slot, std::ptr::null_mut());
    // SAFETY: only `put` fills the slot.
    (!ptr.is_null()).then(|| unsafe { Box::from_raw(ptr) })
}

fn put(slot: &mut *mut Failure, failure: Failure) {
    drop(take(slot));
    *slot = Box::into_raw(Box::new(failure));
}

/// Drop what the link remembers.
pub fn forget(link: &mut Link) {
    drop(take(&mut link.failure));
    drop(take(&mut link.inner));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_forget(link: &mut Link) {
    or((), || forget(link));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_set(
    link: &mut Link,
    status: i32,
    payload: u64,
    exit_code: i32,
    message: *const u8,
    len: usize,
) {
    or((), || {
        let message = unsafe { text(message, len) }.to_string();
        let cause = take(&mut link.inner);
        put(&mut link.failure, Failure { status, payload, exit_code, detail: 0, trap: -1, message, cause, exception: None });
    });
}

/// Make a failure that of the running host function.
pub fn set_failure(link: &mut Link, mut failure: Failure) {
    failure.cause = take(&mut link.inner);
    put(&mut link.failure, failure);
}

/// A host function fails with the status of a nested call: if that failure is
/// noted, it goes on as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_hand_on(link: &mut Link, status: i32) -> i32 {
    or(0, || match take(&mut link.inner) {
        Some(inner) if inner.status == status => {
            put(&mut link.failure, *inner);
            1
        }
        other => {
            link.inner = other.map_or(std::ptr::null_mut(), Box::into_raw);
            0
        }
    })
}

/// The status of the noted failure, 0 if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_noted(link: &Link) -> i32 {
    // SAFETY: only `put` fills the slot.
    or(0, || unsafe { link.inner.as_ref() }.map_or(0, |inner| inner.status))
}

/// Whether what a host function says is nothing but the noted failure again:
/// with its words or none, its number or none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_same(
    link: &Link,
    status: i32,
    payload: u64,
    exit_code: i32,
    message: *const u8,
    len: usize,
) -> i32 {
    or(0, || {
        // SAFETY: only `put` fills the slot.
        let Some(inner) = (unsafe { link.inner.as_ref() }) else { return 0 };
        let said = unsafe { text(message, len) };
        let same = inner.status == status
            && (payload == 0 || payload == inner.payload)
            && (exit_code == 0 || exit_code == inner.exit_code)
            && inner.message.starts_with(said); // it may have been cut
        i32::from(same)
    })
}

/// Remember the failure of a nested call, as the cause of what the host
/// function around it may report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_note(link: &mut Link, error: &wasmtime_error_t) {
    or((), || {
        let mut failure = crate::error::as_failure(view(error), link.refused);
        if !link.refs.is_null() {
            failure.exception = crate::refs::refs(link).thrown.clone();
        }
        put(&mut link.inner, failure);
    });
}

/// The same for a nested call that was refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_refused(link: &mut Link, status: i32, message: *const u8, len: usize) {
    or((), || {
        let message = unsafe { text(message, len) }.to_string();
        put(&mut link.inner, Failure { status, payload: 0, exit_code: 0, detail: 0, trap: -1, message, cause: None, exception: None });
    });
}

type HostFn =
    unsafe extern "C" fn(*mut c_void, *mut Link, *const Instance, *mut ValRaw, usize) -> i32;

/// C's record behind a host function; its finalizer runs exactly once.
struct Env {
    ptr: *mut c_void,
    finalizer: unsafe extern "C" fn(*mut c_void),
}
unsafe impl Send for Env {}
unsafe impl Sync for Env {}
impl Drop for Env {
    fn drop(&mut self) {
        unsafe { (self.finalizer)(self.ptr) }
    }
}

type Caller<'a> = wasmtime::Caller<'a, WasmtimeStoreData>;

/// A running host call, the same struct as in lodge_wt.h.
#[repr(C)]
pub struct Call {
    prev: *mut Call,
    instance: *const Instance,
    id: u64,
}

/// The everyday function, the same struct as in lodge_wt.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Direct {
    run: unsafe extern "C" fn(u64, u64, *mut u64) -> i32,
    token: u64,
    end: unsafe extern "C" fn(*mut c_void, *mut Link, i32) -> i32,
    nparams: u32,
    narrow: u32,
    zero: u32,
}

/// What a function's parameters are like: how many, which are narrow, and
/// whether slot 0 is a result only. Few and known ones take no loop.
const fn shape(nparams: u32, narrow: u32, zero: u32) -> u32 {
    nparams | narrow << 2 | zero << 4
}
const ANY: u32 = u32::MAX;

impl Direct {
    fn shape(&self) -> u32 {
        if self.nparams <= 2 { shape(self.nparams, self.narrow, self.zero) } else { ANY }
    }

    /// Call it as C's host_run would, with less around it.
    ///
    /// # Safety
    /// The values are those of its signature, and nobody else has the link.
    #[inline(always)]
    unsafe fn run<const SHAPE: u32>(
        &self,
        any: HostFn,
        env: *mut c_void,
        link: *mut Link,
        instance: *const Instance,
        raw: &mut [MaybeUninit<ValRaw>],
    ) -> i32 {
        unsafe {
            if !(*link).inner.is_null() {
                return any(env, link, instance, raw.as_mut_ptr().cast(), raw.len());
            }
            let slots = raw.as_mut_ptr().cast();
            self.pack::<SHAPE>(slots);
            let (prev, number) = ((*link).call, (*link).callers);
            (*link).callers = number.wrapping_add(1);
            let id = (*link).caller | number & 0xFFFF;
            let mut call = Call { prev, instance, id };
            (*link).call = &raw mut call;
            let status = (self.run)(self.token, id, slots);
            (*link).call = prev;
            let failed = (*link).inner as usize | (*link).failure as usize;
            if failed == 0 && (status == 0 || status == AS_SAID) {
                return 0;
            }
            (self.end)(env, link, status)
        }
    }

    /// Wasmtime's values are 16 bytes each, slots 8: the slots lie over the
    /// values, packed from the front. A guest writes as many bytes as the
    /// type has; who reads more than that waits until they have left the
    /// processor's store buffer.
    #[inline(always)]
    unsafe fn pack<const SHAPE: u32>(&self, slots: *mut u64) {
        let (nparams, narrow, zero) = match SHAPE {
            ANY => (self.nparams, self.narrow, self.zero),
            _ => (SHAPE & 3, SHAPE >> 2 & 3, SHAPE >> 4),
        };
        unsafe {
            if narrow & 1 != 0 {
                slots.write(u64::from(slots.cast::<u32>().read()));
            }
            for i in 1..nparams as usize {
                let value = slots.add(2 * i);
                slots.add(i).write(match narrow >> i & 1 {
                    0 => value.read(),
                    _ => u64::from(value.cast::<u32>().read()),
                });
            }
            if zero != 0 {
                slots.write(0);
            }
        }
    }
}

/// Where a host function is defined, and what is told of it.
struct Spot<'a> {
    linker: &'a mut Linker<WasmtimeStoreData>,
    module: &'a str,
    name: &'a str,
    ty: FuncType,
    place: Place,
}

impl Spot<'_> {
    fn any(self, f: HostFn, env: Env) -> wasmtime::Result<()> {
        let place = self.place;
        let body = move |mut caller: Caller<'_>, raw: &mut [MaybeUninit<ValRaw>]| {
            let env = &env;
            let link = link_of(caller.data());
            let instance = instance_in(&caller);
            // SAFETY: C's record of the function, with values as it has them.
            unsafe {
                match f(env.ptr, link, instance, raw.as_mut_ptr().cast(), raw.len()) {
                    0 => Ok(()),
                    status => Err(reported(&mut caller, link, status, &place)),
                }
            }
        };
        // SAFETY: the body is one of this type.
        unsafe { self.linker.func_new_unchecked(self.module, self.name, self.ty, body)? };
        Ok(())
    }

    fn direct<const SHAPE: u32>(self, direct: Direct, f: HostFn, env: Env) -> wasmtime::Result<()> {
        let place = self.place;
        let body = move |mut caller: Caller<'_>, raw: &mut [MaybeUninit<ValRaw>]| {
            let env = &env;
            let link = link_of(caller.data());
            // SAFETY: as above.
            unsafe {
                match direct.run::<SHAPE>(f, env.ptr, link, instance_in(&caller), raw) {
                    0 => Ok(()),
                    status => Err(reported(&mut caller, link, status, &place)),
                }
            }
        };
        // SAFETY: as above.
        unsafe { self.linker.func_new_unchecked(self.module, self.name, self.ty, body)? };
        Ok(())
    }

    fn direct_of_its_shape(self, direct: Direct, f: HostFn, env: Env) -> wasmtime::Result<()> {
        macro_rules! among {
            ($(($nparams:literal, $narrow:literal, $zero:literal))*) => {
                match direct.shape() {
                    $(own if own == shape($nparams, $narrow, $zero) => {
                        self.direct::<{ shape($nparams, $narrow, $zero) }>(direct, f, env)
                    })*
                    _ => self.direct::<ANY>(direct, f, env),
                }
            };
        }
        among!((0, 0, 0)(0, 0, 1)(1, 0, 0)(1, 1, 0)(2, 0, 0)(2, 1, 0)(2, 2, 0)(2, 3, 0))
    }
}

/// The host function that failed, beside the backtrace of the guest.
#[derive(Debug, Clone)]
pub struct Place {
    pub module: String,
    pub name: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "host function {}!{}", self.module, self.name)
    }
}

#[cold]
unsafe fn reported(store: impl AsContextMut, link: *mut Link, status: i32, place: &Place) -> Error {
    // SAFETY: the link of the store that we are in.
    let link = unsafe { &mut *link };
    let failure = take(&mut link.failure).unwrap_or_else(|| {
        let mut failure = Failure::of_ours(&format!("a host function returned {status}"));
        failure.cause = take(&mut link.inner);
        Box::new(failure)
    });
    match &failure.exception {
        Some(exn) => crate::exn::throw(store, exn),
        None => Error::new(*failure).context(place.clone()),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_func(
    linker: &mut wasmtime_linker_t,
    module: *const u8,
    module_len: usize,
    name: *const u8,
    name_len: usize,
    list: Option<&List>,
    codes: *const u32,
    nparams: usize,
    nresults: usize,
    f: HostFn,
    direct: Option<&Direct>,
    env: *mut c_void,
    finalizer: unsafe extern "C" fn(*mut c_void),
    shown: *const u8,
    shown_len: usize,
) -> Fail {
    let env = Env { ptr: env, finalizer };
    guard(|| unsafe {
        let linker: &mut Linker<WasmtimeStoreData> = view_mut(linker);
        let ty = FuncType::new(
            linker.engine(),
            listed(list, 0, codes, nparams)?,
            listed(list, nparams, codes.add(nparams), nresults)?,
        );
        let (module, name) = (text(module, module_len), text(name, name_len));
        let shown = text(shown, shown_len).to_string();
        let place = Place { module: module.to_string(), name: shown };
        let spot = Spot { linker, module, name, ty, place };
        match direct.copied() {
            Some(direct) => spot.direct_of_its_shape(direct, f, env),
            None => spot.any(f, env),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_alias(
    linker: &mut wasmtime_linker_t,
    from_module: *const u8,
    from_module_len: usize,
    from_name: *const u8,
    from_name_len: usize,
    to_module: *const u8,
    to_module_len: usize,
    to_name: *const u8,
    to_name_len: usize,
) -> Fail {
    guard(|| unsafe {
        let linker: &mut Linker<WasmtimeStoreData> = view_mut(linker);
        let (from, to) = (text(from_module, from_module_len), text(to_module, to_module_len));
        let (name, other) = (text(from_name, from_name_len), text(to_name, to_name_len));
        let whole = name.is_empty() && other.is_empty();
        if !defines(linker, from, if whole { None } else { Some(name) }) {
            let what = if whole { format!("{from:?}") } else { format!("{from:?}.{name:?}") };
            return Err(Error::new(NotFound(format!("the linker does not define {what}"))));
        }
        // On a copy, so that a clash in the middle changes nothing.
        let mut copy = linker.clone();
        if whole {
            copy.alias_module(from, to)?;
        } else {
            copy.alias(from, name, to, other)?;
        }
        *linker = copy;
        Ok(())
    })
}

/// Something that was named is not there.
#[derive(Debug)]
pub struct NotFound(String);

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for NotFound {}

/// A store for looking only. Its items never meet a guest.
pub struct Probe(Box<wasmtime_c_api::wasmtime_store_t>);

impl Probe {
    pub fn new(linker: &Linker<WasmtimeStoreData>) -> Probe {
        // SAFETY: a wasm_engine_t is an Engine (layout.rs).
        let engine: &wasm_engine_t = unsafe { &*std::ptr::from_ref(linker.engine()).cast() };
        Probe(wasmtime_store_new(engine, std::ptr::null_mut(), None))
    }
    pub fn store(&mut self) -> &mut Store<WasmtimeStoreData> {
        // SAFETY: nobody else has it.
        unsafe { view_mut(&mut *self.0) }
    }
}

/// Whether a linker defines a name, or anything in a module.
fn defines(linker: &Linker<WasmtimeStoreData>, module: &str, name: Option<&str>) -> bool {
    let mut probe = Probe::new(linker);
    let mut all = linker.iter(probe.store());
    all.any(|(m, n, _)| m == module && name.is_none_or(|name| n == name))
}

/// Why an import is not satisfied, in words; None if it is.
fn complaint(
    linker: &Linker<WasmtimeStoreData>,
    mut store: WasmtimeStoreContextMut<'_>,
    import: &wasmtime::ImportType<'_>,
    teller: &Teller<'_>,
) -> Option<String> {
    let expected = import.ty();
    let name = format!("import {:?}.{:?}:", import.module(), import.name());
    let Some(found) = linker.get_by_import(&mut store, import) else {
        return Some(format!("{name} {}: not defined", kind_and_type(&expected, teller)));
    };
    let found = type_in(store, &found)?;
    if fits(&found, &expected) {
        return None;
    }
    let (expected, found) = (kind_and_type(&expected, teller), kind_and_type(&found, teller));
    Some(format!("{name} expected {expected}, found {found}"))
}

fn kind_and_type(ty: &ExternType, teller: &Teller<'_>) -> String {
    format!("{} {}", crate::module::kind_name(ty), crate::module::type_text(ty, teller))
}

/// The type of an item; None for one of a store that is not at hand, which
/// Wasmtime compares when the module is instantiated.
fn type_in(store: WasmtimeStoreContextMut<'_>, item: &Extern) -> Option<ExternType> {
    let look = std::panic::AssertUnwindSafe(|| type_now(store, item));
    std::panic::catch_unwind(look).ok()?.ok()
}

/// The type of an item, with its present size as the least one: what has
/// grown fits imports that it did not fit when it was made.
fn type_now(
    mut store: WasmtimeStoreContextMut<'_>,
    item: &Extern,
) -> wasmtime::Result<ExternType> {
    let ty = item.ty(&store);
    Ok(match (&ty, item) {
        (ExternType::Memory(ty), Extern::Memory(memory)) => MemoryTypeBuilder::new()
            .min(memory.size(&store))
            .max(ty.maximum())
            .memory64(ty.is_64())
            .page_size_log2(ty.page_size_log2())
            .build()?
            .into(),
        (ExternType::Memory(ty), Extern::SharedMemory(memory)) => MemoryTypeBuilder::new()
            .min(memory.size())
            .max(ty.maximum())
            .memory64(ty.is_64())
            .shared(true)
            .page_size_log2(ty.page_size_log2())
            .build()?
            .into(),
        (ExternType::Table(ty), Extern::Table(table)) => {
            let (element, size) = (ty.element().clone(), table.size(&mut store));
            if ty.is_64() {
                TableType::new64(element, size, ty.maximum()).into()
            } else {
                // Sizes and limits of such a table have 32 bits.
                let limit = ty.maximum().map(|max| max as u32);
                TableType::new(element, size as u32, limit).into()
            }
        }
        _ => ty,
    })
}

/// Limits of what is found are within those expected.
fn within(min: u64, max: Option<u64>, want_min: u64, want_max: Option<u64>) -> bool {
    min >= want_min && want_max.is_none_or(|want| max.is_some_and(|max| max <= want))
}

fn fits(found: &ExternType, expected: &ExternType) -> bool {
    match (found, expected) {
        (ExternType::Func(f), ExternType::Func(e)) => is_declared(f, e),
        (ExternType::Tag(f), ExternType::Tag(e)) => FuncType::eq(f.ty(), e.ty()),
        (ExternType::Global(f), ExternType::Global(e)) => {
            f.mutability() == e.mutability()
                && match (f.content(), e.content()) {
                    (f, e) if ValType::eq(f, e) => true,
                    (ValType::Ref(f), ValType::Ref(of)) => e.mutability() == Mutability::Const && is_subtype(f, of),
                    _ => false,
                }
        }
        (ExternType::Memory(f), ExternType::Memory(e)) => {
            f.is_64() == e.is_64()
                && f.is_shared() == e.is_shared()
                && f.page_size() == e.page_size()
                && within(f.minimum(), f.maximum(), e.minimum(), e.maximum())
        }
        (ExternType::Table(f), ExternType::Table(e)) => {
            f.is_64() == e.is_64()
                && RefType::eq(f.element(), e.element())
                && within(f.minimum(), f.maximum(), e.minimum(), e.maximum())
        }
        _ => false,
    }
}

/// A linker knows each memory and table by the size that it had when it was
/// defined. Defines those that have grown anew; without a store only those
/// that belong to none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_refresh(
    linker: &mut wasmtime_linker_t,
    store: Option<WasmtimeStoreContextMut<'_>>,
) -> Fail {
    guard(|| {
        let linker: &mut Linker<WasmtimeStoreData> = unsafe { view_mut(linker) };
        let mut probe = Probe::new(linker);
        let bound = store.is_some();
        let mut store = store.unwrap_or_else(|| probe.store().as_context_mut());
        let sized: Vec<_> = linker
            .iter(&mut store)
            .filter(|(_, _, item)| match item {
                Extern::Memory(_) | Extern::Table(_) => bound,
                Extern::SharedMemory(_) => true,
                _ => false,
            })
            .map(|(module, name, item)| (module.to_string(), name.to_string(), item))
            .collect();
        linker.allow_shadowing(true);
        for (module, name, item) in sized {
            linker.define(&store, &module, &name, item)?;
        }
        Ok(())
    })
}

/// `store` is the one that the linker's items belong to, if they do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_missing(
    linker: &wasmtime_linker_t,
    mut store: Option<WasmtimeStoreContextMut<'_>>,
    module: &wasmtime_module_t,
    types: *const Types,
    out: *mut *mut u8,
    len: *mut usize,
    count: &mut u32,
) -> Fail {
    guard(|| unsafe {
        let (types, holder) = (shared(types), Default::default());
        let teller = Teller::new(types.as_ref(), &holder);
        let linker: &Linker<WasmtimeStoreData> = view(linker);
        let module: &Module = view(module);
        let mut probe = Probe::new(linker);
        let mut lines = Vec::new();
        for import in module.imports() {
            let context = match &mut store {
                Some(store) => store.as_context_mut(),
                None => probe.store().as_context_mut(),
            };
            lines.extend(complaint(linker, context, &import, &teller));
        }
        *count = lines.len() as u32;
        give(lines.join("\n").into_bytes(), out, len);
        Ok(())
    })
}

/// How many memories and tables default values for unknown imports would
/// make: `counts` is memories, then tables.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_unknown(
    linker: &wasmtime_linker_t,
    mut store: WasmtimeStoreContextMut<'_>,
    module: &wasmtime_module_t,
    counts: &mut [u64; 2],
) -> Fail {
    *counts = [0, 0];
    guard(|| {
        let linker: &Linker<WasmtimeStoreData> = view(linker);
        let module: &Module = view(module);
        let mut seen = std::collections::HashSet::new(); // one import can come twice
        for import in module.imports() {
            let which = match import.ty() {
                ExternType::Memory(_) => 0,
                ExternType::Table(_) => 1,
                _ => continue,
            };
            let known = linker.get_by_import(&mut store, &import).is_some();
            if !known && seen.insert((import.module(), import.name())) {
                counts[which] += 1;
            }
        }
        Ok(())
    })
}
