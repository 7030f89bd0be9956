//! gc.rs - structs and arrays that the host makes, and many elements at once.

use crate::layout::link_of;
use crate::object::{any_of, check_index, check_room, put, take_one, types_of};
use crate::refs::{Fresh, Mode, Root, Words, list_for, refs, refuse, value_in, width};
use crate::store::Link;
use crate::{Fail, bytes, guard};
use wasmtime::{
    AnyRef, ArrayRef, ArrayRefPre, ArrayType, AsContextMut, Error, FieldType, HeapType, Mutability, Result, RootScope, Rooted,
    StorageType, StructRef, StructRefPre, StructType, Trap, V128, Val, ValType,
};
use wasmtime_c_api::{WasmtimeStoreContextMut, WasmtimeStoreData};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;
type Data = WasmtimeStoreData;

const E_TYPE: i32 = -9;
const E_BOUNDS: i32 = -10;
const E_BUFFER: i32 = -11;
const E_LIMIT: i32 = -16;

// ---- types -------------------------------------------------------------------

fn struct_type(link: *mut Link, number: u32) -> Result<StructType> {
    match &types_of(link)?.find(number)?.heap {
        HeapType::ConcreteStruct(ty) => Ok(ty.clone()),
        _ => refuse(E_TYPE, &format!("type: {number} is no struct")),
    }
}

fn array_type(link: *mut Link, number: u32) -> Result<ArrayType> {
    match &types_of(link)?.find(number)?.heap {
        HeapType::ConcreteArray(ty) => Ok(ty.clone()),
        _ => refuse(E_TYPE, &format!("type: {number} is no array")),
    }
}

/// What a slot has to hold for a field; i8 and i16 are cut from an i32.
fn slot_type(field: &FieldType) -> ValType {
    match field.element_type() {
        StorageType::ValType(ty) => ty.clone(),
        _ => ValType::I32,
    }
}

/// Bytes of an element that is a number, 0 for others.
fn bytes_of(field: &FieldType) -> usize {
    match field.element_type() {
        StorageType::I8 => 1,
        StorageType::I16 => 2,
        StorageType::ValType(ValType::I32 | ValType::F32) => 4,
        StorageType::ValType(ValType::I64 | ValType::F64) => 8,
        StorageType::ValType(ValType::V128) => 16,
        StorageType::ValType(ValType::Ref(_)) => 0,
    }
}

fn default_of(ty: &ValType) -> Result<Val> {
    match Val::default_for_ty(ty) {
        Some(val) => Ok(val),
        None => refuse(E_TYPE, "a value of a type that cannot be null has no default"),
    }
}

fn short_of_slots<T>(len: usize, what: &str, need: usize) -> Result<T> {
    refuse(E_BUFFER, &format!("slots: {len} given, {what} needs {need}"))
}

/// An object that is larger than any heap is not the guest's trap.
fn too_large(error: Error) -> Error {
    match error.downcast_ref::<Trap>() {
        Some(Trap::AllocationTooLarge) => match refuse::<()>(E_LIMIT, "the object is larger than any heap") {
            Err(refusal) => refusal,
            Ok(()) => error,
        },
        _ => error,
    }
}

// ---- making ------------------------------------------------------------------

/// The number of an object that was just made; its tokens are taken over.
fn number(store: &mut impl AsContextMut<Data = Data>, link: *mut Link, any: Rooted<AnyRef>, fresh: Fresh) -> Result<u32> {
    let number = refs(link).add(Root::Any(any.to_owned_rooted(store)?))?;
    fresh.take(link);
    Ok(number)
}

/// A struct; without slots with the default values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_struct_new(
    mut store: Ctx<'_>,
    ty: u32,
    slots: *const u64,
    len: usize,
    out: &mut u32,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let ty = struct_type(link, ty)?;
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let mut vals = list_for(ty.fields().len())?;
        let given = if slots.is_null() { &[] } else { unsafe { std::slice::from_raw_parts(slots, len) } };
        let need: usize = ty.fields().map(|field| width(&slot_type(&field))).sum();
        if !slots.is_null() && len < need {
            return short_of_slots(len, "the struct", need);
        }
        let mut words = Words(given.iter());
        for field in ty.fields() {
            let ty = slot_type(&field);
            vals.push(if slots.is_null() {
                default_of(&ty)?
            } else {
                value_in(&mut scope, link, &ty, &mut words, &mut fresh, Mode::Make)?
            });
        }
        let pre = StructRefPre::new(&mut scope, ty);
        let object = StructRef::new(&mut scope, &pre, &vals)?;
        *out = number(&mut scope, link, object.to_anyref(), fresh)?;
        Ok(())
    })
}

fn length(count: u64) -> Result<u32> {
    match u32::try_from(count) {
        Ok(count) => Ok(count),
        Err(_) => refuse(E_LIMIT, &format!("count: {count} elements are more than any array has")),
    }
}

/// An array of one value so many times, without slots the default one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_array_new(
    mut store: Ctx<'_>,
    ty: u32,
    count: u64,
    slots: *const u64,
    len: usize,
    out: &mut u32,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let (ty, count) = (array_type(link, ty)?, length(count)?);
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let element = slot_type(&ty.field_type());
        let val = if slots.is_null() {
            default_of(&element)?
        } else {
            check_room(&element, len)?;
            unsafe { take_one(&mut scope, link, &element, slots, &mut fresh)? }
        };
        let pre = ArrayRefPre::new(&mut scope, ty);
        let object = ArrayRef::new(&mut scope, &pre, &val, count).map_err(too_large)?;
        *out = number(&mut scope, link, object.to_anyref(), fresh)?;
        Ok(())
    })
}

/// An array of as many elements as there are values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_array_of(
    mut store: Ctx<'_>,
    ty: u32,
    slots: *const u64,
    len: usize,
    out: &mut u32,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let ty = array_type(link, ty)?;
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let element = slot_type(&ty.field_type());
        if len % width(&element) != 0 {
            return refuse(E_BUFFER, &format!("slots: {len} given, each element needs {}", width(&element)));
        }
        let mut vals = list_for(len / width(&element))?;
        let given = if len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(slots, len) } };
        let mut words = Words(given.iter());
        for _ in 0..len / width(&element) {
            vals.push(value_in(&mut scope, link, &element, &mut words, &mut fresh, Mode::Make)?);
        }
        let pre = ArrayRefPre::new(&mut scope, ty);
        let object = ArrayRef::new_fixed(&mut scope, &pre, &vals).map_err(too_large)?;
        *out = number(&mut scope, link, object.to_anyref(), fresh)?;
        Ok(())
    })
}

// ---- bytes -------------------------------------------------------------------

/// A number out of its bytes, least first.
fn from_bytes(field: &FieldType, bytes: &[u8]) -> Val {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u128::from_le_bytes(wide);
    match field.element_type() {
        StorageType::ValType(ValType::I64) => Val::I64(bits as i64),
        StorageType::ValType(ValType::F32) => Val::F32(bits as u32),
        StorageType::ValType(ValType::F64) => Val::F64(bits as u64),
        StorageType::ValType(ValType::V128) => Val::V128(V128::from(bits)),
        _ => Val::I32(bits as i32),
    }
}

fn to_bytes(val: &Val, out: &mut [u8]) {
    let bits = match val {
        Val::I32(v) => u128::from(*v as u32),
        Val::I64(v) => u128::from(*v as u64),
        Val::F32(v) => u128::from(*v),
        Val::F64(v) => u128::from(*v),
        Val::V128(v) => v.as_u128(),
        _ => 0,
    };
    let n = out.len();
    out.copy_from_slice(&bits.to_le_bytes()[..n]);
}

/// How many elements of numbers so many bytes are.
fn elements(field: &FieldType, len: usize) -> Result<usize> {
    match bytes_of(field) {
        0 => refuse(E_TYPE, "the array's elements are references"),
        size if len % size != 0 => refuse(E_BUFFER, &format!("len: {len} bytes, each element has {size}")),
        size => Ok(len / size),
    }
}

/// An array of numbers out of their bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_array_bytes(
    mut store: Ctx<'_>,
    ty: u32,
    ptr: *const u8,
    len: usize,
    out: &mut u32,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let ty = array_type(link, ty)?;
        let field = ty.field_type();
        let count = length(elements(&field, len)? as u64)?;
        let data = unsafe { bytes(ptr, len) };
        let mut scope = RootScope::new(&mut store);
        let pre = ArrayRefPre::new(&mut scope, ty);
        let object = if matches!(field.element_type(), StorageType::I8) {
            ArrayRef::new_from_i8_slice(&mut scope, &pre, data).map_err(too_large)?
        } else {
            let mut vals = list_for(count as usize)?;
            vals.extend(data.chunks_exact(bytes_of(&field)).map(|one| from_bytes(&field, one)));
            ArrayRef::new_fixed(&mut scope, &pre, &vals).map_err(too_large)?
        };
        *out = number(&mut scope, link, object.to_anyref(), Fresh::default())?;
        Ok(())
    })
}

fn array_of(store: &mut impl AsContextMut<Data = Data>, link: *mut Link, number: u32) -> Result<Rooted<ArrayRef>> {
    match any_of(store, link, number)?.as_array(&*store)? {
        Some(array) => Ok(array),
        None => refuse(E_TYPE, "the reference is no array"),
    }
}

/// A part of an array: `index + count` is at most its length.
fn check_part(store: &impl wasmtime::AsContext, array: &Rooted<ArrayRef>, index: u64, count: u64) -> Result<()> {
    let len = u64::from(array.len(store)?);
    if index <= len && count <= len - index {
        return Ok(());
    }
    refuse(E_BOUNDS, &format!("index: {count} elements from {index} on end beyond {len}"))
}

fn check_mutable(field: &FieldType) -> Result<()> {
    if field.mutability() == Mutability::Var {
        return Ok(());
    }
    refuse(E_TYPE, "the array's elements cannot be changed")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_read_bytes(
    mut store: Ctx<'_>,
    number: u32,
    index: u64,
    buf: *mut u8,
    len: usize,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let array = array_of(&mut scope, link, number)?;
        let field = array.ty(&scope)?.field_type();
        let count = elements(&field, len)?;
        check_part(&scope, &array, index, count as u64)?;
        if count == 0 {
            return Ok(());
        }
        // SAFETY: C has room for `len` bytes there.
        let out = unsafe { std::slice::from_raw_parts_mut(buf, len) };
        if matches!(field.element_type(), StorageType::I8) && count as u32 == array.len(&scope)? {
            return array.copy_to_i8_slice(&mut scope, out);
        }
        for (i, one) in out.chunks_exact_mut(bytes_of(&field)).enumerate() {
            to_bytes(&array.get(&mut scope, index as u32 + i as u32)?, one);
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_write_bytes(
    mut store: Ctx<'_>,
    number: u32,
    index: u64,
    ptr: *const u8,
    len: usize,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let array = array_of(&mut scope, link, number)?;
        let field = array.ty(&scope)?.field_type();
        check_mutable(&field)?;
        let count = elements(&field, len)?;
        check_part(&scope, &array, index, count as u64)?;
        let data = unsafe { bytes(ptr, len) };
        for (i, one) in data.chunks_exact(bytes_of(&field)).enumerate() {
            array.set(&mut scope, index as u32 + i as u32, from_bytes(&field, one))?;
        }
        Ok(())
    })
}

// ---- values ------------------------------------------------------------------

/// One value into elements from `index` on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_fill(
    mut store: Ctx<'_>,
    number: u32,
    index: u64,
    count: u64,
    slots: *const u64,
    len: usize,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let array = array_of(&mut scope, link, number)?;
        let field = array.ty(&scope)?.field_type();
        check_mutable(&field)?;
        check_part(&scope, &array, index, count)?;
        let ty = slot_type(&field);
        check_room(&ty, len)?;
        let mut fresh = Fresh::default();
        let val = unsafe { take_one(&mut scope, link, &ty, slots, &mut fresh)? };
        for i in 0..count as u32 {
            array.set(&mut scope, index as u32 + i, val)?;
        }
        fresh.take(link);
        Ok(())
    })
}

fn copy_one(
    store: &mut impl AsContextMut<Data = Data>,
    from: Rooted<ArrayRef>,
    at: u32,
    to: Rooted<ArrayRef>,
    index: u32,
) -> Result<()> {
    let mut scope = RootScope::new(store);
    let val = from.get(&mut scope, at)?;
    to.set(&mut scope, index, val)
}

/// Elements of one array into another, or within one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_copy(
    mut store: Ctx<'_>,
    number: u32,
    index: u64,
    from: u32,
    at: u64,
    count: u64,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let (to, from) = (array_of(&mut scope, link, number)?, array_of(&mut scope, link, from)?);
        let (into, out_of) = (to.ty(&scope)?.field_type(), from.ty(&scope)?.field_type());
        check_mutable(&into)?;
        if !out_of.element_type().matches(into.element_type()) {
            return refuse(E_TYPE, "the elements of one array do not fit into the other");
        }
        check_part(&scope, &to, index, count)?;
        check_part(&scope, &from, at, count)?;
        let (index, at, count) = (index as u32, at as u32, count as u32);
        for i in 0..count {
            // Where the parts overlap, no element is read after it was written.
            let i = if at < index { count - 1 - i } else { i };
            copy_one(&mut scope, from, at + i, to, index + i)?;
        }
        Ok(())
    })
}

/// A value whose sign is its highest bit: of 8, 16 or 31.
fn with_sign(val: u32, bits: u32) -> i32 {
    (val << (32 - bits)) as i32 >> (32 - bits)
}

/// As lodge_wt_ref_read, with sign: one slot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_ref_read_signed(mut store: Ctx<'_>, number: u32, index: u64, slot: &mut u64) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let any = any_of(&mut scope, link, number)?;
        check_index(&mut scope, any, index)?;
        let field = if let Some(object) = any.as_struct(&scope)? {
            object.ty(&scope)?.field(index as usize)
        } else if let Some(array) = any.as_array(&scope)? {
            Some(array.ty(&scope)?.field_type())
        } else {
            None
        };
        let bits = match field.as_ref().map(FieldType::element_type) {
            Some(StorageType::I8) => 8,
            Some(StorageType::I16) => 16,
            Some(StorageType::ValType(ValType::I32)) => 32,
            None if any.is_i31(&scope)? => 31,
            _ => return refuse(E_TYPE, "the value is not of type i8, i16, i31 or i32"),
        };
        let val = crate::object::read(&mut scope, any, index)?;
        let mut raw = 0;
        put(&mut scope, link, val, &mut raw)?;
        *slot = u64::from(with_sign(raw as u32, bits) as u32);
        Ok(())
    })
}
