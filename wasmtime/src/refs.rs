//! refs.rs - values with references: between the host's slots and Wasmtime's
//! rooted values.
//!
//! An externref is a token of the host's, kept in a record of C's that goes
//! to the host's queue when the collector frees the object. Other references
//! are numbers, behind which an object stays rooted until the number is
//! closed; so is an externref that a guest made of its own object, and its
//! slot says so.

use crate::host::Failure;
use crate::layout::link_of;
use crate::store::Link;
use crate::types::{Holder, List, NOT_NULL};
use crate::{Fail, guard, or};
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;
use wasmtime::{
    AnyRef, AsContextMut, Error, ExnRef, ExternRef, Func, GcHeapOutOfMemory, HeapType, OwnedRooted, RefType, Result, RootScope,
    Rooted, V128, Val, ValRaw, ValType,
};
use wasmtime_c_api::{WasmtimeStoreContextMut, WasmtimeStoreData};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;
type Data = WasmtimeStoreData;

mod status {
    pub const HANDLE: i32 = -2;
    pub const TYPE: i32 = -9;
    pub const MEMORY: i32 = -15;
    pub const LIMIT: i32 = -16;
}

/// What C does for us: the same struct as `struct lodge_wt_room`.
#[repr(C)]
pub struct Room {
    func_in: unsafe extern "C" fn(*mut Link, u64, *mut Func) -> i32,
    func_out: unsafe extern "C" fn(*mut Link, *const Func, *mut u64) -> i32,
    ref_in: unsafe extern "C" fn(*mut Link, u64) -> i32,
    token_new: unsafe extern "C" fn() -> *mut c_void,
    token_arm: unsafe extern "C" fn(*mut Link, *mut c_void, u64),
    token_gone: unsafe extern "C" fn(*mut Link, *mut c_void),
}

pub fn refuse<T>(status: i32, message: &str) -> Result<T> {
    Err(Error::new(Failure::refusal(status, message)))
}

/// A reference type by its LODGE_TYPE_* code, which may have NOT_NULL.
pub fn ref_type(code: u32) -> Option<RefType> {
    let heap = match code & !NOT_NULL {
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
    Some(RefType::new(code & NOT_NULL == 0, heap))
}

/// A type by its code.
pub fn val_type(code: u32) -> Option<ValType> {
    Some(match code {
        0 => ValType::I32,
        1 => ValType::I64,
        2 => ValType::F32,
        3 => ValType::F64,
        4 => ValType::V128,
        _ => ValType::Ref(ref_type(code)?),
    })
}

/// The types with these codes, which are no numbers of types.
pub fn val_types(codes: &[u32]) -> Result<Vec<ValType>> {
    let known = |code: &u32| val_type(*code).ok_or_else(|| Error::msg("a type that has no name"));
    codes.iter().map(known).collect()
}

/// Codes that C gave.
///
/// # Safety
/// `ptr` is valid for `n` codes, or `n` is 0.
unsafe fn codes_of<'a>(ptr: *const u32, n: usize) -> &'a [u32] {
    if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(ptr, n) } }
}

/// Types by their codes; a list holds the same, and those that have numbers.
///
/// # Safety
/// As `codes_of`; the list has `first + n` types.
pub unsafe fn listed(list: Option<&List>, first: usize, codes: *const u32, n: usize) -> Result<Vec<ValType>> {
    match list {
        Some(list) => Ok(list.types[first..first + n].to_vec()),
        None => val_types(unsafe { codes_of(codes, n) }),
    }
}

// ---- tokens ------------------------------------------------------------------

/// Behind an externref. Its record goes to the host's queue when the object
/// ends, unless the token was never taken over.
struct Token {
    link: *mut Link,
    record: *mut c_void,
    value: u64,
}
// A store and its objects are used by one thread at a time.
unsafe impl Send for Token {}
unsafe impl Sync for Token {}

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the link outlives the store, the store its objects.
        unsafe { ((*(*self.link).room_ops).token_gone)(self.link, self.record) }
    }
}

/// Tokens that were made into objects and are not taken over yet: should
/// something fail, they remain the host's.
#[derive(Default)]
pub struct Fresh(Vec<(*mut c_void, u64)>);

impl Fresh {
    /// Take them over. Their objects are still rooted.
    pub fn take(self, link: *mut Link) {
        for (record, value) in self.0 {
            unsafe { ((*(*link).room_ops).token_arm)(link, record, value) }
        }
    }

    fn make(&mut self, store: impl AsContextMut<Data = Data>, link: *mut Link, value: u64) -> Result<Rooted<ExternRef>> {
        if self.0.try_reserve(1).is_err() {
            return refuse(status::MEMORY, "out of memory");
        }
        let record = unsafe { ((*(*link).room_ops).token_new)() };
        if record.is_null() {
            return refuse(status::MEMORY, "out of memory");
        }
        let made = ExternRef::new(store, Token { link, record, value }).map_err(|e| {
            match e.downcast::<GcHeapOutOfMemory<Token>>() {
                Ok(full) => full.take_inner().1.into(),
                Err(e) => e,
            }
        })?;
        self.0.push((record, value));
        Ok(made)
    }
}

/// Tokens that could not become objects, but were given away for good.
fn queue_tokens(link: *mut Link, values: impl Iterator<Item = u64>) {
    for value in values.filter(|v| *v != 0) {
        unsafe {
            let room = &*(*link).room_ops;
            let record = (room.token_new)();
            if !record.is_null() {
                (room.token_arm)(link, record, value);
                (room.token_gone)(link, record);
            }
        }
    }
}

// ---- numbered references -----------------------------------------------------

const FIRST: u32 = 0x20000;
const MOST: u32 = 0x10000;
const CHILD_MASK: u64 = 0x3FFFF;

/// An object that a number keeps alive.
#[derive(Clone)]
pub enum Root {
    Any(OwnedRooted<AnyRef>),
    Exn(OwnedRooted<ExnRef>),
}

impl Root {
    pub fn val(&self, store: impl AsContextMut<Data = Data>) -> Val {
        match self {
            Root::Any(any) => Val::AnyRef(Some(any.to_rooted(store))),
            Root::Exn(exn) => Val::ExnRef(Some(exn.to_rooted(store))),
        }
    }
}

struct Entry {
    root: Root,
    made: u64,
}

/// The references of a store that the host has numbers for.
#[derive(Default)]
pub struct Refs {
    map: HashMap<u32, Entry>,
    next: u32,
    made: u64,
    /// Keeps the numbers of types that the host was told.
    pub holder: Arc<Holder>,
    /// Given as parameters to host functions that are running.
    params: Vec<u32>,
    /// What nobody caught, while its error is told.
    pub thrown: Option<OwnedRooted<ExnRef>>,
}

impl Refs {
    pub fn add(&mut self, root: Root) -> Result<u32> {
        if self.map.len() >= MOST as usize {
            return refuse(status::LIMIT, "the store has 65536 open references, which is the most");
        }
        while self.map.contains_key(&self.next) {
            self.next = (self.next + 1) % MOST;
        }
        let at = self.next;
        self.next = (self.next + 1) % MOST;
        self.room()?;
        self.made += 1;
        self.map.insert(at, Entry { root, made: self.made });
        Ok(FIRST + at)
    }

    /// Room for one more, in a program that is short of memory too.
    fn room(&mut self) -> Result<()> {
        match self.map.try_reserve(1).and_then(|()| self.params.try_reserve(1)) {
            Ok(()) => Ok(()),
            Err(_) => refuse(status::MEMORY, "out of memory"),
        }
    }

    fn get(&self, number: u32) -> Option<&Root> {
        self.map.get(&number.wrapping_sub(FIRST)).map(|e| &e.root)
    }

    pub fn made(&self) -> u64 {
        self.made
    }

    /// How many are open.
    pub fn open(&self) -> u64 {
        self.map.len() as u64
    }

    pub fn close(&mut self, number: u32) {
        self.map.remove(&number.wrapping_sub(FIRST));
    }

    pub fn close_since(&mut self, made: u64) {
        self.map.retain(|_, e| e.made <= made);
    }
}

/// The references of a link; made when first needed.
#[allow(clippy::mut_from_ref)]
pub fn refs<'a>(link: *mut Link) -> &'a mut Refs {
    // SAFETY: one thread at a time uses a store; no two of these live at once.
    unsafe {
        if (*link).refs.is_null() {
            (*link).refs = Box::into_raw(Box::default());
        }
        &mut *(*link).refs
    }
}

/// Forget the references; after the store.
pub fn clear(link: &mut Link) {
    if !link.refs.is_null() {
        drop(unsafe { Box::from_raw(link.refs) });
        link.refs = std::ptr::null_mut();
    }
}

/// What a number names.
pub fn root_of(link: *mut Link, number: u32) -> Result<Root> {
    match refs(link).get(number) {
        Some(root) => Ok(root.clone()),
        None => refuse(status::HANDLE, "the handle is stale or names no reference of its store"),
    }
}

pub fn root_by_id(link: *mut Link, id: u64) -> Result<Root> {
    let status = unsafe { ((*(*link).room_ops).ref_in)(link, id) };
    if status != 0 {
        return refuse(status, "a reference must be a live ref of the same store");
    }
    root_of(link, (id & CHILD_MASK) as u32)
}

// ---- values ------------------------------------------------------------------

/// Slots, taken one after the other.
pub struct Words<'a>(pub std::slice::Iter<'a, u64>);

impl Words<'_> {
    fn next(&mut self) -> u64 {
        self.0.next().copied().unwrap_or(0)
    }
}

pub fn width(ty: &ValType) -> usize {
    1 + usize::from(matches!(ty, ValType::V128))
}

fn is_token(ty: &ValType, slot: u64) -> bool {
    matches!(ty, ValType::Ref(r) if matches!(r.heap_type().top(), HeapType::Extern)) && slot < EXTERN_REF
}

/// LODGE_EXTERN_REF: slots from here on are no tokens, but references that
/// the guest has as externref.
pub const EXTERN_REF: u64 = 0xFFE0_0000_0000_0000;

/// The object of a slot that is no token.
pub fn extern_root(link: *mut Link, slot: u64) -> Result<OwnedRooted<AnyRef>> {
    match root_by_id(link, slot - EXTERN_REF)? {
        Root::Any(any) => Ok(any),
        Root::Exn(_) => refuse(status::TYPE, "an exception cannot be an externref"),
    }
}

/// How tokens are treated.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    /// They become objects.
    Make,
    /// They are not looked at: the values are checked only.
    Check,
}

fn ref_in(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    ty: &RefType,
    id: u64,
    fresh: &mut Fresh,
    mode: Mode,
) -> Result<Val> {
    if id == 0 {
        if !ty.is_nullable() {
            return refuse(status::TYPE, &format!("a value of type {ty} cannot be 0"));
        }
        return Ok(Val::null_ref(ty.heap_type()));
    }
    let val = match ty.heap_type().top() {
        HeapType::Extern if matches!(ty.heap_type(), HeapType::Extern) => {
            if id >= EXTERN_REF {
                let any = extern_root(link, id)?.to_rooted(&mut *store);
                return Ok(Val::ExternRef(Some(ExternRef::convert_any(store, any)?)));
            }
            if mode == Mode::Check {
                return Ok(Val::ExternRef(None));
            }
            return Ok(Val::ExternRef(Some(fresh.make(store, link, id)?)));
        }
        HeapType::Func => {
            let mut func = std::mem::MaybeUninit::uninit();
            let status = unsafe { ((*(*link).room_ops).func_in)(link, id, func.as_mut_ptr()) };
            if status != 0 {
                return refuse(status, "a funcref must be a live func of the same store");
            }
            Val::FuncRef(Some(unsafe { func.assume_init() }))
        }
        HeapType::Any | HeapType::Exn => root_by_id(link, id)?.val(&mut *store),
        _ => return refuse(status::TYPE, &format!("a value of type {ty} can only be 0")),
    };
    if !val.matches_ty(&*store, &ValType::Ref(ty.clone()))? {
        return refuse(status::TYPE, &format!("the reference is not of type {ty}"));
    }
    Ok(val)
}

pub fn value_in(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    ty: &ValType,
    words: &mut Words<'_>,
    fresh: &mut Fresh,
    mode: Mode,
) -> Result<Val> {
    Ok(match ty {
        ValType::I32 => Val::I32(words.next() as u32 as i32),
        ValType::I64 => Val::I64(words.next() as i64),
        ValType::F32 => Val::F32(words.next() as u32),
        ValType::F64 => Val::F64(words.next()),
        ValType::V128 => {
            let low = u128::from(words.next());
            Val::V128(V128::from(low | u128::from(words.next()) << 64))
        }
        ValType::Ref(ty) => ref_in(store, link, ty, words.next(), fresh, mode)?,
    })
}

fn number_out(link: *mut Link, root: Root, keep: bool) -> Result<u64> {
    let refs = refs(link);
    let number = refs.add(root)?;
    if keep {
        refs.params.push(number);
    }
    Ok(unsafe { (*link).id } | u64::from(number))
}

fn extern_out(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    object: Rooted<ExternRef>,
    keep: bool,
) -> Result<u64> {
    if let Some(token) = object.data(store.as_context_mut())?.and_then(|d| d.downcast_ref::<Token>()) {
        return Ok(token.value);
    }
    let any = AnyRef::convert_extern(&mut *store, object)?;
    let root = Root::Any(any.to_owned_rooted(&mut *store)?);
    Ok(EXTERN_REF | number_out(link, root, keep)?)
}

/// A value as slots. `keep`: as a parameter of a host function, until it
/// returns.
pub fn value_out(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    val: Val,
    keep: bool,
    out: &mut Vec<u64>,
) -> Result<()> {
    let word = match val {
        Val::I32(v) => u64::from(v as u32),
        Val::I64(v) => v as u64,
        Val::F32(v) => u64::from(v),
        Val::F64(v) => v,
        Val::V128(v) => {
            let bits = v.as_u128();
            out.push(bits as u64);
            (bits >> 64) as u64
        }
        Val::FuncRef(Some(func)) => {
            let mut id = 0;
            let status = unsafe { ((*(*link).room_ops).func_out)(link, &func, &mut id) };
            if status != 0 {
                return refuse(status, "the store has no room for another func");
            }
            id
        }
        Val::ExternRef(Some(object)) => extern_out(store, link, object, keep)?,
        Val::AnyRef(Some(any)) => {
            let root = Root::Any(any.to_owned_rooted(&mut *store)?);
            number_out(link, root, keep)?
        }
        Val::ExnRef(Some(exn)) => {
            let root = Root::Exn(exn.to_owned_rooted(&mut *store)?);
            number_out(link, root, keep)?
        }
        _ => 0,
    };
    out.push(word);
    Ok(())
}

/// A list that there is room for.
pub fn list_for<T>(n: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    match list.try_reserve_exact(n) {
        Ok(()) => Ok(list),
        Err(_) => refuse(status::MEMORY, "out of memory"),
    }
}

/// Values as slots: all of them, or none with no number given.
pub fn values_out(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    vals: impl ExactSizeIterator<Item = Val>,
    keep: bool,
) -> Result<Vec<u64>> {
    let (made, params) = (refs(link).made, refs(link).params.len());
    let mut out = list_for(2 * vals.len())?;
    for val in vals {
        if let Err(error) = value_out(store, link, val, keep, &mut out) {
            refs(link).close_since(made);
            refs(link).params.truncate(params);
            return Err(error);
        }
    }
    Ok(out)
}

pub fn values_in(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    types: &[ValType],
    slots: &[u64],
    fresh: &mut Fresh,
    mode: Mode,
) -> Result<Vec<Val>> {
    let mut words = Words(slots.iter());
    let mut vals = list_for(types.len())?;
    for ty in types {
        vals.push(value_in(store, link, ty, &mut words, fresh, mode)?);
    }
    Ok(vals)
}

// ---- Wasmtime's raw values ---------------------------------------------------

/// Slots of C's; NULL where there are none.
///
/// # Safety
/// `slots` points to as many as the types take.
pub unsafe fn copy_slots(types: &[ValType], slots: *const u64) -> Vec<u64> {
    let n = types.iter().map(width).sum();
    if n == 0 { Vec::new() } else { unsafe { std::slice::from_raw_parts(slots, n) }.to_vec() }
}

/// LODGE_TYPE_REF and all beyond it: the function itself tells its types.
const EXACT: u32 = 17;

/// Values of a function of a guest's, or those of a list from `first` on.
#[repr(C)]
pub struct Values<'a> {
    func: Option<&'a Func>,
    list: Option<&'a List>,
    codes: *const u32,
    first: usize,
    n: usize,
}

impl Values<'_> {
    unsafe fn types(&self, params: bool, store: &Ctx<'_>) -> Result<Vec<ValType>> {
        let codes = unsafe { codes_of(self.codes, self.n) };
        match self.func.filter(|_| codes.iter().any(|code| *code >= EXACT)) {
            Some(func) if params => Ok(func.ty(store).params().collect()),
            Some(func) => Ok(func.ty(store).results().collect()),
            None => unsafe { listed(self.list, self.first, self.codes, self.n) },
        }
    }
}

const CHECK: u32 = 1;
const GIVEN: u32 = 2;

/// Slots to raw values: parameters of a guest's function, or of a list.
/// `how`: CHECK, or GIVEN, that tokens are taken over even if
/// this fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_in(
    mut store: Ctx<'_>,
    values: &Values<'_>,
    slots: *const u64,
    raw: *mut ValRaw,
    how: u32,
) -> Fail {
    guard(|| unsafe {
        let link = link_of(store.data());
        let types = values.types(true, &store)?;
        let words = copy_slots(&types, slots);
        let mode = if how & CHECK != 0 { Mode::Check } else { Mode::Make };
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        match values_in(&mut scope, link, &types, &words, &mut fresh, mode) {
            Ok(_) if mode == Mode::Check => {}
            Ok(vals) => {
                for (i, val) in vals.into_iter().enumerate() {
                    raw.add(i).write(val.to_raw(&mut scope)?);
                }
                fresh.take(link);
            }
            Err(error) if how & GIVEN != 0 => {
                let mut words = words.as_slice();
                queue_tokens(link, types.iter().filter_map(|ty| {
                    let (own, more) = words.split_at(width(ty));
                    words = more;
                    is_token(ty, own[0]).then_some(own[0])
                }));
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    })
}

/// Raw values to slots, which may lie over them: results of a guest's
/// function, or of a list. `keep`: they are parameters of a host function that is called
/// now; the objects stay rooted until it returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_out(
    mut store: Ctx<'_>,
    values: &Values<'_>,
    raw: *const ValRaw,
    slots: *mut u64,
    keep: i32,
) -> Fail {
    guard(|| unsafe {
        let link = link_of(store.data());
        let types = values.types(false, &store)?;
        let out = if keep != 0 {
            raw_out(&mut store, link, &types, raw, true)?
        } else {
            raw_out(&mut RootScope::new(&mut store), link, &types, raw, false)?
        };
        std::ptr::copy_nonoverlapping(out.as_ptr(), slots, out.len());
        Ok(())
    })
}

unsafe fn raw_out(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    types: &[ValType],
    raw: *const ValRaw,
    keep: bool,
) -> Result<Vec<u64>> {
    let vals: Vec<Val> = types
        .iter()
        .enumerate()
        .map(|(i, ty)| unsafe { Val::from_raw(&mut *store, raw.add(i).read(), ty.clone()) })
        .collect();
    values_out(store, link, vals.into_iter(), keep)
}

/// How many references running host functions have as parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_mark(link: *mut Link) -> usize {
    or(0, || if unsafe { (*link).refs.is_null() } { 0 } else { refs(link).params.len() })
}

/// Close those beyond a mark: their host function has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_drop(link: *mut Link, mark: usize) {
    or((), || {
        if unsafe { !(*link).refs.is_null() } {
            let refs = refs(link);
            while refs.params.len() > mark {
                if let Some(number) = refs.params.pop() {
                    refs.map.remove(&(number - FIRST));
                }
            }
        }
    });
}

