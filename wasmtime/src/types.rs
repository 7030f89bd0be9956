//! types.rs - numbers for the types that modules define.
//!
//! Wasmtime knows each such type once per engine, whatever module it comes
//! from: equal types have one number here too. A number lives as long as
//! somebody who was told it: a module, a store, a host function.

use crate::refs::{ref_type, refuse};
use crate::{Fail, copy_out, guard, or};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use wasmtime::{Engine, FieldType, FuncType, HeapType, Mutability, RefType, Result, StorageType, ValType};

const E_TYPE: i32 = -9;
const E_NOT_FOUND: i32 = -12;
const E_MEMORY: i32 = -15;

/// Numbers begin above LODGE_TYPE_*, and are not used again.
const FIRST: u32 = 256;
static NEXT: AtomicU32 = AtomicU32::new(FIRST);
/// A code with this bit is of references that are not null.
pub const NOT_NULL: u32 = 1 << 31;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn room<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>) -> Result<()> {
    match map.try_reserve(1) {
        Ok(()) => Ok(()),
        Err(_) => refuse(E_MEMORY, "out of memory"),
    }
}

// ---- numbers -----------------------------------------------------------------

/// A type that has a number.
pub struct Known {
    pub number: u32,
    pub heap: HeapType,
    key: String,
    home: Arc<Types>,
    holders: Mutex<Vec<Weak<Holder>>>,
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut maps = lock(&self.home.maps);
        maps.by_number.remove(&self.number);
        // Another thread may have given the type a new number by now.
        if maps.by_key.get(&self.key).is_some_and(|weak| std::ptr::eq(weak.as_ptr(), self)) {
            maps.by_key.remove(&self.key);
        }
    }
}

#[derive(Default)]
struct Maps {
    by_key: HashMap<String, Weak<Known>>,
    by_number: HashMap<u32, Weak<Known>>,
}

/// The numbers of an engine.
#[derive(Default)]
pub struct Types {
    maps: Mutex<Maps>,
}

/// What tells types of an engine apart as long as they live: Wasmtime's own
/// words for them.
fn key_of(heap: &HeapType) -> Option<String> {
    use HeapType::{ConcreteArray, ConcreteFunc, ConcreteStruct};
    matches!(heap, ConcreteArray(_) | ConcreteFunc(_) | ConcreteStruct(_)).then(|| heap.to_string())
}

impl Types {
    /// The number of a type; None if such types have none.
    fn of(self: &Arc<Types>, heap: &HeapType) -> Result<Option<Arc<Known>>> {
        let Some(key) = key_of(heap) else { return Ok(None) };
        let mut maps = lock(&self.maps);
        if let Some(known) = maps.by_key.get(&key).and_then(Weak::upgrade) {
            return Ok(Some(known));
        }
        room(&mut maps.by_key)?;
        room(&mut maps.by_number)?;
        let known = Arc::new(Known {
            number: NEXT.fetch_add(1, Relaxed) & !NOT_NULL,
            heap: heap.clone(),
            key: key.clone(),
            home: self.clone(),
            holders: Mutex::default(),
        });
        maps.by_key.insert(key, Arc::downgrade(&known));
        maps.by_number.insert(known.number, Arc::downgrade(&known));
        Ok(Some(known))
    }

    pub fn find(&self, number: u32) -> Result<Arc<Known>> {
        let found = lock(&self.maps).by_number.get(&number).and_then(Weak::upgrade);
        match found {
            Some(known) => Ok(known),
            None => refuse(E_NOT_FOUND, &format!("type: {number} is no type of this engine, or what had it was closed")),
        }
    }

    /// A reference type by its code.
    fn reference(&self, code: u32) -> Result<(RefType, Option<Arc<Known>>)> {
        let (nullable, number) = (code & NOT_NULL == 0, code & !NOT_NULL);
        if number >= FIRST {
            let known = self.find(number)?;
            return Ok((RefType::new(nullable, known.heap.clone()), Some(known)));
        }
        match ref_type(code) {
            Some(ty) => Ok((ty, None)),
            None => refuse(E_TYPE, &format!("type: {number} is no type of references")),
        }
    }

    pub fn reference_type(&self, code: u32) -> Result<RefType> {
        Ok(self.reference(code)?.0)
    }

    pub fn value_type(&self, code: u32) -> Result<ValType> {
        match crate::refs::val_type(code) {
            Some(ty) => Ok(ty),
            None => Ok(ValType::Ref(self.reference_type(code)?)),
        }
    }
}

/// Whoever keeps numbers alive.
#[derive(Default)]
pub struct Holder {
    held: Mutex<HashMap<u32, Arc<Known>>>,
}

impl Holder {
    fn hold(self: &Arc<Holder>, known: &Arc<Known>) -> Result<()> {
        let mut held = lock(&self.held);
        if held.contains_key(&known.number) {
            return Ok(());
        }
        room(&mut held)?;
        held.insert(known.number, known.clone());
        let mut holders = lock(&known.holders);
        if holders.len() == holders.capacity() {
            holders.retain(|weak| weak.strong_count() > 0);
        }
        holders.push(Arc::downgrade(self));
        Ok(())
    }
}

/// Tells types by numbers, which live as long as the holder.
pub struct Teller<'a> {
    types: Option<&'a Arc<Types>>,
    holder: &'a Arc<Holder>,
}

impl<'a> Teller<'a> {
    pub fn new(types: Option<&'a Arc<Types>>, holder: &'a Arc<Holder>) -> Teller<'a> {
        Teller { types, holder }
    }

    pub fn number(&self, heap: &HeapType) -> Result<Option<u32>> {
        let Some(types) = self.types else { return Ok(None) };
        let Some(known) = types.of(heap)? else { return Ok(None) };
        self.holder.hold(&known)?;
        Ok(Some(known.number))
    }
}

// ---- as text -----------------------------------------------------------------

pub trait Tell {
    /// The number of a type.
    fn tell(&self, heap: &HeapType) -> Option<u32>;
}

impl Tell for Teller<'_> {
    fn tell(&self, heap: &HeapType) -> Option<u32> {
        self.number(heap).ok().flatten()
    }
}

/// What a type mentions lives as long as the type.
struct Within<'a>(&'a Known);

impl Tell for Within<'_> {
    fn tell(&self, heap: &HeapType) -> Option<u32> {
        let known = self.0.home.of(heap).ok()??;
        let holders: Vec<_> = lock(&self.0.holders).iter().filter_map(Weak::upgrade).collect();
        for holder in holders {
            holder.hold(&known).ok()?;
        }
        Some(known.number)
    }
}

fn heap_name(heap: &HeapType) -> Option<&'static str> {
    Some(match heap {
        HeapType::Func => "func",
        HeapType::Extern => "extern",
        HeapType::Any => "any",
        HeapType::Eq => "eq",
        HeapType::I31 => "i31",
        HeapType::Struct => "struct",
        HeapType::Array => "array",
        HeapType::Exn => "exn",
        HeapType::None => "none",
        HeapType::NoFunc => "nofunc",
        HeapType::NoExtern => "noextern",
        HeapType::NoExn => "noexn",
        _ => return None,
    })
}

/// "anyref", "(ref any)", "(ref null 300)", or "ref" for what has no name.
pub fn ref_text(ty: &RefType, teller: &dyn Tell) -> String {
    let null = if ty.is_nullable() { "null " } else { "" };
    if let Some(name) = heap_name(ty.heap_type()) {
        return match ty.heap_type() {
            _ if !ty.is_nullable() => format!("(ref {name})"),
            HeapType::None => "nullref".into(),
            HeapType::NoFunc => "nullfuncref".into(),
            HeapType::NoExtern => "nullexternref".into(),
            HeapType::NoExn => "nullexnref".into(),
            _ => format!("{name}ref"),
        };
    }
    match teller.tell(ty.heap_type()) {
        Some(number) => format!("(ref {null}{number})"),
        None => "ref".into(),
    }
}

pub fn val_text(ty: &ValType, teller: &dyn Tell) -> String {
    match ty {
        ValType::Ref(ty) => ref_text(ty, teller),
        ty => ty.to_string(),
    }
}

/// "mut i8"
fn field_text(field: &FieldType, teller: &dyn Tell) -> String {
    let mutable = if field.mutability() == Mutability::Var { "mut " } else { "" };
    let ty = match field.element_type() {
        StorageType::I8 => "i8".into(),
        StorageType::I16 => "i16".into(),
        StorageType::ValType(ty) => val_text(ty, teller),
    };
    format!("{mutable}{ty}")
}

/// As in the text of a module, where fields that change are in parentheses.
fn wat_field(field: &FieldType, teller: &dyn Tell) -> String {
    let text = field_text(field, teller);
    if text.starts_with("mut ") { format!("({text})") } else { text }
}

fn clause(name: &str, types: impl Iterator<Item = ValType>, teller: &dyn Tell) -> String {
    let list: Vec<_> = types.map(|ty| val_text(&ty, teller)).collect();
    if list.is_empty() { String::new() } else { format!(" ({name} {})", list.join(" ")) }
}

fn body_text(heap: &HeapType, teller: &dyn Tell) -> String {
    match heap {
        HeapType::ConcreteStruct(ty) => {
            let fields: Vec<_> = ty.fields().map(|f| format!(" (field {})", wat_field(&f, teller))).collect();
            format!("(struct{})", fields.concat())
        }
        HeapType::ConcreteArray(ty) => format!("(array {})", wat_field(&ty.field_type(), teller)),
        HeapType::ConcreteFunc(ty) => {
            format!("(func{}{})", clause("param", ty.params(), teller), clause("result", ty.results(), teller))
        }
        other => other.to_string(),
    }
}

/// Whether a type may have subtypes, and its supertype.
fn sub_of(heap: &HeapType) -> (bool, Option<HeapType>) {
    match heap {
        HeapType::ConcreteStruct(ty) => (ty.finality().is_non_final(), ty.supertype().map(HeapType::from)),
        HeapType::ConcreteArray(ty) => (ty.finality().is_non_final(), ty.supertype().map(HeapType::from)),
        HeapType::ConcreteFunc(ty) => (ty.finality().is_non_final(), ty.supertype().map(HeapType::from)),
        _ => (false, None),
    }
}

fn def_text(known: &Known) -> String {
    let teller = Within(known);
    let body = body_text(&known.heap, &teller);
    let (open, sup) = sub_of(&known.heap);
    let sup = sup.and_then(|heap| teller.tell(&heap)).map_or(String::new(), |n| format!("{n} "));
    match (open, sup.is_empty()) {
        (false, true) => body,
        (false, false) => format!("(sub final {sup}{body})"),
        (true, _) => format!("(sub {sup}{body})"),
    }
}

// ---- for C -------------------------------------------------------------------

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_types_new() -> *const Types {
    or(std::ptr::null(), || Arc::into_raw(Arc::default()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_types_free(types: *const Types) {
    if !types.is_null() {
        or((), || drop(unsafe { Arc::from_raw(types) }));
    }
}

/// C's pointer, which lives as long as the engine's record.
///
/// # Safety
/// `types` is NULL or from lodge_wt_types_new, and not freed yet.
pub unsafe fn shared(types: *const Types) -> Option<Arc<Types>> {
    if types.is_null() {
        return None;
    }
    unsafe {
        Arc::increment_strong_count(types);
        Some(Arc::from_raw(types))
    }
}

fn must(types: Option<Arc<Types>>) -> Result<Arc<Types>> {
    match types {
        Some(types) => Ok(types),
        None => refuse(E_MEMORY, "out of memory"),
    }
}

/// The engine's, for functions that cannot do without.
///
/// # Safety
/// As `shared`.
pub unsafe fn of_c(types: *const Types) -> Result<Arc<Types>> {
    must(unsafe { shared(types) })
}

/// Types that a host function or an item of a host module is made of.
pub struct List {
    pub types: Vec<ValType>,
    _holder: Arc<Holder>,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_list_new(types: *const Types, codes: *const u32, n: usize, out: *mut *mut List) -> Fail {
    guard(|| {
        let types = unsafe { of_c(types)? };
        let holder = Arc::<Holder>::default();
        let mut list = Vec::with_capacity(n);
        for i in 0..n {
            let code = unsafe { codes.add(i).read() };
            list.push(types.value_type(code)?);
            if code & !NOT_NULL >= FIRST {
                holder.hold(&types.find(code & !NOT_NULL)?)?;
            }
        }
        unsafe { *out = Box::into_raw(Box::new(List { types: list, _holder: holder })) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_list_free(list: *mut List) {
    if !list.is_null() {
        or((), || drop(unsafe { Box::from_raw(list) }));
    }
}

/// The full length of a type's text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_type_text(types: *const Types, number: u32, buf: *mut u8, cap: usize, len: &mut usize) -> Fail {
    guard(|| unsafe {
        let known = of_c(types)?.find(number)?;
        *len = copy_out(&def_text(&known), buf, cap);
        Ok(())
    })
}

fn field_of(heap: &HeapType, index: u32) -> Option<FieldType> {
    match heap {
        HeapType::ConcreteStruct(ty) => ty.field(index as usize),
        HeapType::ConcreteArray(ty) if index == 0 => Some(ty.field_type()),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_type_field(
    types: *const Types,
    number: u32,
    index: u32,
    buf: *mut u8,
    cap: usize,
    len: &mut usize,
) -> Fail {
    guard(|| unsafe {
        let known = of_c(types)?.find(number)?;
        match field_of(&known.heap, index) {
            Some(field) => *len = copy_out(&field_text(&field, &Within(&known)), buf, cap),
            None => return refuse(E_NOT_FOUND, &format!("index: type {number} has no field {index}")),
        }
        Ok(())
    })
}

/// What is known of a type at once: the same struct as in lodge_wt.h.
#[repr(C)]
pub struct Facts {
    kind: u32,
    fields: u32,
    sup: u32,
    open: u32,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_type_facts(types: *const Types, number: u32, out: &mut Facts) -> Fail {
    guard(|| unsafe {
        let known = of_c(types)?.find(number)?;
        let (kind, fields) = match &known.heap {
            HeapType::ConcreteStruct(ty) => (10, ty.fields().len() as u32),
            HeapType::ConcreteArray(_) => (11, 1),
            _ => (5, 0),
        };
        let (open, sup) = sub_of(&known.heap);
        let sup = sup.and_then(|heap| Within(&known).tell(&heap)).unwrap_or(0);
        *out = Facts { kind, fields, sup, open: open.into() };
        Ok(())
    })
}

/// Whether a function type says that it is the other, or a subtype of it: what
/// would merely do in its place is none.
pub fn is_declared(ty: &FuncType, other: &FuncType) -> bool {
    FuncType::eq(ty, other) || ty.supertype().is_some_and(|sup| is_declared(&sup, other))
}

pub fn is_subtype(ty: &RefType, other: &RefType) -> bool {
    match (ty.heap_type(), other.heap_type()) {
        (HeapType::ConcreteFunc(f), HeapType::ConcreteFunc(of)) => {
            (other.is_nullable() || !ty.is_nullable()) && is_declared(f, of)
        }
        _ => ty.matches(other),
    }
}

/// Whether each reference of one type is one of the other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_type_matches(types: *const Types, a: u32, b: u32, yes: &mut u32) -> Fail {
    guard(|| unsafe {
        let types = of_c(types)?;
        let (a, b) = (types.reference_type(a)?, types.reference_type(b)?);
        *yes = is_subtype(&a, &b).into();
        Ok(())
    })
}

// ---- types of a module ---------------------------------------------------------

/// The type section of a module, and what was asked of it.
#[derive(Default)]
pub struct Section {
    content: Box<[u8]>,
    pub count: u32,
    /// Types by number of chunk.
    chunks: Mutex<HashMap<u32, Arc<[HeapType]>>>,
    pub holder: Arc<Holder>,
}

/// Types that are looked up at once.
const CHUNK: u32 = 4096;

fn leb(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// As a heap type: signed, so bit 6 of the last byte is 0.
fn leb_index(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x3f {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    leb(out, content.len() as u64);
    out.extend_from_slice(content);
}

impl Section {
    /// Out of a module that was validated; of one without such a section
    /// nothing.
    pub fn new(content: Vec<u8>) -> Section {
        let reader = wasmparser::TypeSectionReader::new(wasmparser::BinaryReader::new(&content, 0));
        let groups = reader.into_iter().flat_map(|groups| groups.into_iter().map_while(|group| group.ok()));
        let count = groups.map(|group| group.types().len() as u32).sum();
        Section { content: content.into(), count, ..Section::default() }
    }

    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// A module with the same types, which imports a global of each that is
    /// asked for: so Wasmtime's public interface tells them.
    fn asking(&self, first: u32, n: u32) -> Vec<u8> {
        let mut imports = Vec::new();
        leb(&mut imports, n.into());
        for index in first..first + n {
            imports.extend_from_slice(&[0, 0, 3, 0x63]); // "" "" global (ref null
            leb_index(&mut imports, index.into());
            imports.push(0);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        section(&mut module, 1, &self.content);
        section(&mut module, 2, &imports);
        module
    }

    fn chunk(&self, engine: &Engine, at: u32) -> Result<Arc<[HeapType]>> {
        if let Some(chunk) = lock(&self.chunks).get(&at) {
            return Ok(chunk.clone());
        }
        let first = at * CHUNK;
        let module = wasmtime::Module::from_binary(engine, &self.asking(first, CHUNK.min(self.count - first)))?;
        let types = module.imports().map(|import| match import.ty() {
            wasmtime::ExternType::Global(global) => global.content().as_ref().map(|ty| ty.heap_type().clone()),
            _ => None,
        });
        let chunk: Arc<[HeapType]> = types.flatten().collect::<Vec<_>>().into();
        let mut chunks = lock(&self.chunks);
        room(&mut chunks)?;
        chunks.insert(at, chunk.clone());
        Ok(chunk)
    }

    pub fn get(&self, engine: &Engine, index: u32) -> Result<HeapType> {
        if index < self.count {
            if let Some(heap) = self.chunk(engine, index / CHUNK)?.get((index % CHUNK) as usize) {
                return Ok(heap.clone());
            }
        }
        refuse(E_NOT_FOUND, &format!("index: {index} is not below {}", self.count))
    }

    pub fn number(&self, types: &Arc<Types>, heap: &HeapType, index: u32) -> Result<u32> {
        match Teller::new(Some(types), &self.holder).number(heap)? {
            Some(number) => Ok(number),
            None => refuse(E_TYPE, &format!("index: type {index} has no form in Lodge")),
        }
    }
}

/// The index of the type that the name section gives a name.
pub fn named(section: &[u8], name: &str) -> Option<u32> {
    let reader = wasmparser::BinaryReader::new(section, 0);
    for part in wasmparser::NameSectionReader::new(reader).map_while(|part| part.ok()) {
        if let wasmparser::Name::Type(names) = part {
            let found = names.into_iter().map_while(|naming| naming.ok()).find(|naming| naming.name == name);
            return found.map(|naming| naming.index);
        }
    }
    None
}
