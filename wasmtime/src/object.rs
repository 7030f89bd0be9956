//! object.rs - what one can do with a reference; tables and globals of them.

use crate::layout::link_of;
use crate::refs::{EXTERN_REF, Fresh, Mode, Root, Words, extern_root, refs, refuse, root_of, value_in, values_out, width};
use crate::store::Link;
use crate::types::{Teller, of_c};
use crate::{Fail, guard, or};
use wasmtime::{
    AnyRef, AsContextMut, Error, Global, GlobalType, I31, Mutability, Ref, RefType, Result, RootScope, Rooted, StorageType, Table,
    TableType, Val, ValType,
};
use wasmtime_c_api::{WasmtimeStoreContextMut, WasmtimeStoreData};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;
type Data = WasmtimeStoreData;

const E_TYPE: i32 = -9;
const E_BUFFER: i32 = -11;
const E_BOUNDS: i32 = -10;

// ---- numbers -----------------------------------------------------------------

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_live(link: *mut Link, number: u32) -> i32 {
    or(0, || i32::from(root_of(link, number).is_ok()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_close(link: *mut Link, number: u32) {
    or((), || refs(link).close(number));
}

/// A second number for the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_dup(link: *mut Link, number: u32, out: &mut u32) -> Fail {
    guard(|| {
        let root = root_of(link, number)?;
        *out = refs(link).add(root)?;
        Ok(())
    })
}

/// How many numbers were ever given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_made(link: *mut Link) -> u64 {
    or(0, || refs(link).made())
}

/// Close all numbers given after so many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_close_since(link: *mut Link, made: u64) {
    or((), || refs(link).close_since(made));
}

// ---- types -------------------------------------------------------------------

fn any_code(any: &Rooted<AnyRef>, store: &impl wasmtime::AsContext) -> Result<u32> {
    Ok(match () {
        () if any.is_i31(store)? => 9,
        () if any.is_struct(store)? => 10,
        () if any.is_array(store)? => 11,
        () => 6, // the host's own object
    })
}

/// LODGE_TYPE_I31REF, _STRUCTREF, _ARRAYREF, _EXTERNREF or _EXNREF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_type(mut store: Ctx<'_>, number: u32, code: &mut u32) -> Fail {
    guard(|| {
        *code = match root_of(link_of(store.data()), number)? {
            Root::Exn(_) => 12,
            Root::Any(any) => {
                let mut scope = RootScope::new(&mut store);
                any_code(&any.to_rooted(&mut scope), &scope)?
            }
        };
        Ok(())
    })
}

/// The types of the store's engine.
pub fn types_of(link: *mut Link) -> Result<std::sync::Arc<crate::types::Types>> {
    // SAFETY: the engine outlives the store.
    unsafe { of_c((*link).types) }
}

/// Whether a reference is of a type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_test(mut store: Ctx<'_>, number: u32, code: u32, yes: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let root = root_of(link, number)?;
        let ty = types_of(link)?.reference_type(code)?;
        let mut scope = RootScope::new(&mut store);
        *yes = u32::from(root.val(&mut scope).matches_ty(&scope, &ValType::Ref(ty))?);
        Ok(())
    })
}

/// The exact type: a number, or a LODGE_TYPE_* where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_exact(mut store: Ctx<'_>, number: u32, code: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let Root::Any(any) = root_of(link, number)? else {
            *code = 12;
            return Ok(());
        };
        let mut scope = RootScope::new(&mut store);
        let any = any.to_rooted(&mut scope);
        let heap = match (any.as_struct(&scope)?, any.as_array(&scope)?) {
            (Some(object), _) => object.ty(&scope)?.into(),
            (_, Some(array)) => array.ty(&scope)?.into(),
            _ => {
                *code = any_code(&any, &scope)?;
                return Ok(());
            }
        };
        let types = types_of(link)?;
        *code = Teller::new(Some(&types), &refs(link).holder).number(&heap)?.unwrap_or(17);
        Ok(())
    })
}

/// The exact type of a function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_func_exact(store: Ctx<'_>, func: &wasmtime::Func, code: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let types = types_of(link)?;
        let heap = func.ty(&store).into();
        *code = Teller::new(Some(&types), &refs(link).holder).number(&heap)?.unwrap_or(5);
        Ok(())
    })
}

/// What an externref's slot holds, as anyref.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_from_extern(mut store: Ctx<'_>, slot: u64, out: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        if slot >= EXTERN_REF {
            let root = Root::Any(extern_root(link, slot)?);
            *out = refs(link).add(root)?;
            return Ok(());
        }
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let ty = ValType::Ref(RefType::new(false, wasmtime::HeapType::Extern));
        let val = unsafe { take_one(&mut scope, link, &ty, &slot, &mut fresh)? };
        let Val::ExternRef(Some(object)) = val else { return refuse(E_TYPE, "slot: is 0, which is null") };
        let any = AnyRef::convert_extern(&mut scope, object)?;
        *out = refs(link).add(Root::Any(any.to_owned_rooted(&mut scope)?))?;
        fresh.take(link);
        Ok(())
    })
}

/// The slot of an externref that is the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_to_extern(mut store: Ctx<'_>, number: u32, slot: &mut u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let any = any_of(&mut scope, link, number)?;
        let object = wasmtime::ExternRef::convert_any(&mut scope, any)?;
        put(&mut scope, link, Val::ExternRef(Some(object)), slot)
    })
}

/// How many numbers are open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_refs_open(link: &Link) -> u64 {
    // SAFETY: the thread that asks has the store.
    or(0, || unsafe { link.refs.as_ref() }.map_or(0, |refs| refs.open()))
}

/// Whether two references are the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_same(mut store: Ctx<'_>, a: u32, b: u32, yes: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let (a, b) = (root_of(link, a)?, root_of(link, b)?);
        let scope = RootScope::new(&mut store);
        *yes = u32::from(match (a, b) {
            (Root::Any(a), Root::Any(b)) => Rooted::ref_eq(&scope, &a, &b)?,
            (Root::Exn(a), Root::Exn(b)) => Rooted::ref_eq(&scope, &a, &b)?,
            _ => false,
        });
        Ok(())
    })
}

// ---- contents ----------------------------------------------------------------

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_i31(mut store: Ctx<'_>, value: u32, out: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let any = AnyRef::from_i31(&mut scope, I31::wrapping_u32(value));
        *out = refs(link).add(Root::Any(any.to_owned_rooted(&mut scope)?))?;
        Ok(())
    })
}

/// The object behind a number, as far as it has contents.
pub fn any_of(store: &mut impl AsContextMut<Data = Data>, link: *mut Link, number: u32) -> Result<Rooted<AnyRef>> {
    match root_of(link, number)? {
        Root::Any(any) => Ok(any.to_rooted(store)),
        Root::Exn(_) => refuse(E_TYPE, "the reference is an exception: see lodge_exception_read"),
    }
}

fn len_of(store: &mut impl AsContextMut<Data = Data>, any: Rooted<AnyRef>) -> Result<u64> {
    if let Some(object) = any.as_struct(&*store)? {
        return Ok(object.ty(&*store)?.fields().len() as u64);
    }
    match any.as_array(&*store)? {
        Some(array) => Ok(u64::from(array.len(&*store)?)),
        None => Ok(1),
    }
}

/// Fields, elements, or 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_len(mut store: Ctx<'_>, number: u32, len: &mut u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let any = any_of(&mut scope, link, number)?;
        *len = len_of(&mut scope, any)?;
        Ok(())
    })
}

pub fn check_index(store: &mut impl AsContextMut<Data = Data>, any: Rooted<AnyRef>, index: u64) -> Result<()> {
    let len = len_of(store, any)?;
    if index < len {
        return Ok(());
    }
    refuse(E_BOUNDS, &format!("index: {index} is not below {len}"))
}

pub fn read(store: &mut impl AsContextMut<Data = Data>, any: Rooted<AnyRef>, index: u64) -> Result<Val> {
    check_index(store, any, index)?;
    if let Some(object) = any.as_struct(&*store)? {
        return object.field(store, index as usize);
    }
    if let Some(array) = any.as_array(&*store)? {
        return array.get(store, index as u32);
    }
    match any.as_i31(&*store)? {
        Some(i31) => Ok(Val::I32(i31.get_u32() as i32)),
        None => Ok(Val::ExternRef(Some(wasmtime::ExternRef::convert_any(store, any)?))),
    }
}

pub fn check_room(ty: &ValType, len: usize) -> Result<()> {
    if len >= width(ty) {
        return Ok(());
    }
    refuse(E_BUFFER, &format!("slots: {len} given, the value needs {}", width(ty)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_read(
    mut store: Ctx<'_>,
    number: u32,
    index: u64,
    slots: *mut u64,
    len: usize,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let any = any_of(&mut scope, link, number)?;
        let val = read(&mut scope, any, index)?;
        if let Val::V128(_) = val {
            check_room(&ValType::V128, len)?;
        }
        put(&mut scope, link, val, slots)
    })
}

/// One value into slots.
pub fn put(store: &mut impl AsContextMut<Data = Data>, link: *mut Link, val: Val, slots: *mut u64) -> Result<()> {
    let out = values_out(store, link, std::iter::once(val), false)?;
    // SAFETY: C has checked that there is room.
    unsafe { std::ptr::copy_nonoverlapping(out.as_ptr(), slots, out.len()) };
    Ok(())
}

/// The type that a field or element takes.
fn place_type(store: &mut impl AsContextMut<Data = Data>, any: Rooted<AnyRef>, index: u64) -> Result<ValType> {
    let field = if let Some(object) = any.as_struct(&*store)? {
        object.ty(&*store)?.field(index as usize)
    } else if let Some(array) = any.as_array(&*store)? {
        Some(array.ty(&*store)?.field_type())
    } else {
        None
    };
    match field {
        Some(field) if field.mutability() == Mutability::Var => Ok(match field.element_type() {
            StorageType::ValType(ty) => ty.clone(),
            _ => ValType::I32,
        }),
        _ => refuse(E_TYPE, "the value cannot be changed"),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_write(
    mut store: Ctx<'_>,
    number: u32,
    index: u64,
    slots: *const u64,
    len: usize,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let any = any_of(&mut scope, link, number)?;
        check_index(&mut scope, any, index)?;
        let ty = place_type(&mut scope, any, index)?;
        check_room(&ty, len)?;
        let mut fresh = Fresh::default();
        let val = unsafe { take_one(&mut scope, link, &ty, slots, &mut fresh)? };
        if let Some(object) = any.as_struct(&scope)? {
            object.set_field(&mut scope, index as usize, val)?;
        } else if let Some(array) = any.as_array(&scope)? {
            array.set(&mut scope, index as u32, val)?;
        }
        fresh.take(link);
        Ok(())
    })
}

/// One value from slots.
pub unsafe fn take_one(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    ty: &ValType,
    slots: *const u64,
    fresh: &mut Fresh,
) -> Result<Val> {
    let words = unsafe { std::slice::from_raw_parts(slots, width(ty)) };
    value_in(store, link, ty, &mut Words(words.iter()), fresh, Mode::Make)
}

// ---- tables ------------------------------------------------------------------

unsafe fn element(
    store: &mut impl AsContextMut<Data = Data>,
    link: *mut Link,
    ty: RefType,
    slots: *const u64,
    fresh: &mut Fresh,
) -> Result<Ref> {
    let val = unsafe { take_one(store, link, &ValType::Ref(ty), slots, fresh)? };
    val.ref_().ok_or_else(|| Error::msg("not a reference"))
}

/// A table of nullable references of the type with this code, which the C
/// API can make with 32-bit indices only. `max` u64::MAX is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_table_new(
    mut store: Ctx<'_>,
    code: u32,
    is64: i32,
    min: u64,
    max: u64,
    slot: *const u64,
    out: &mut Table,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let ty = types_of(link)?.reference_type(code)?;
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let init = unsafe { element(&mut scope, link, ty.clone(), slot, &mut fresh)? };
        let max = (max != u64::MAX).then_some(max);
        let ty = if is64 != 0 {
            TableType::new64(ty, min, max)
        } else {
            let narrow = |n: u64| u32::try_from(n);
            TableType::new(ty, narrow(min)?, max.map(narrow).transpose()?)
        };
        *out = Table::new(&mut scope, ty, init)?;
        fresh.take(link);
        Ok(())
    })
}

/// An element; the index was checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_table_get(mut store: Ctx<'_>, table: &Table, index: u64, slots: *mut u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        match table.get(&mut scope, index) {
            Some(found) => put(&mut scope, link, found.into(), slots),
            None => Err(Error::msg("no such element")),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_table_set(mut store: Ctx<'_>, table: &Table, index: u64, slots: *const u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let ty = table.ty(&scope).element().clone();
        let value = unsafe { element(&mut scope, link, ty, slots, &mut fresh)? };
        table.set(&mut scope, index, value)?;
        fresh.take(link);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_table_grow(
    mut store: Ctx<'_>,
    table: &Table,
    delta: u64,
    slots: *const u64,
    old: &mut u64,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let ty = table.ty(&scope).element().clone();
        let value = unsafe { element(&mut scope, link, ty, slots, &mut fresh)? };
        *old = table.grow(&mut scope, delta, value)?;
        fresh.take(link);
        Ok(())
    })
}

// ---- globals -----------------------------------------------------------------

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_global_new(
    mut store: Ctx<'_>,
    code: u32,
    mutable: i32,
    slots: *const u64,
    out: &mut Global,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let ty = types_of(link)?.value_type(code)?;
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let val = unsafe { take_one(&mut scope, link, &ty, slots, &mut fresh)? };
        let mutability = if mutable != 0 { Mutability::Var } else { Mutability::Const };
        *out = Global::new(&mut scope, GlobalType::new(ty, mutability), val)?;
        fresh.take(link);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_global_get(mut store: Ctx<'_>, global: &Global, slots: *mut u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let val = global.get(&mut scope);
        put(&mut scope, link, val, slots)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_global_set(mut store: Ctx<'_>, global: &Global, slots: *const u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let ty = global.ty(&scope);
        if ty.mutability() != Mutability::Var {
            return refuse(E_TYPE, "the global is immutable");
        }
        let val = unsafe { take_one(&mut scope, link, ty.content(), slots, &mut fresh)? };
        global.set(&mut scope, val)?;
        fresh.take(link);
        Ok(())
    })
}
