//! refs.rs - references and exceptions: between the host's slots and
//! Wasmtime's rooted values.

use crate::{Fail, bytes, guard};
use wasmtime::{Error, FuncType, HeapType, RefType, Result, Tag, TagType, ValType};
use wasmtime_c_api::WasmtimeStoreContextMut;

type Ctx<'a> = WasmtimeStoreContextMut<'a>;

/// A nullable reference type by its LODGE_TYPE_* code.
pub fn ref_type(code: u32) -> Option<RefType> {
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

/// The types with these codes.
pub fn val_types(codes: &[u8]) -> Result<Vec<ValType>> {
    let known = |code: &u8| val_type(u32::from(*code)).ok_or_else(|| Error::msg("a type that has no name"));
    codes.iter().map(known).collect()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_tag_new(store: Ctx<'_>, codes: *const u8, n: usize, out: &mut Tag) -> Fail {
    guard(|| {
        let params = val_types(unsafe { bytes(codes, n) })?;
        let ty = TagType::new(FuncType::new(store.engine(), params, []));
        *out = Tag::new(store, &ty)?;
        Ok(())
    })
}
