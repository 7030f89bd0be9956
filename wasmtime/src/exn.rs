//! exn.rs - tags and exceptions.

use crate::host::Failure;
use crate::layout::{link_of, view_mut};
use crate::refs::{Fresh, Mode, Root, copy_slots, refs, refuse, root_of, values_in, values_out, width};
use crate::store::Link;
use crate::types::List;
use crate::{Fail, guard, or};
use wasmtime::{
    AsContextMut, Error, ExnRef, ExnRefPre, ExnType, FuncType, OwnedRooted, Result, RootScope, Rooted, Tag, TagType, Val, ValType,
};
use wasmtime_c_api::{WasmtimeStoreContextMut, wasmtime_error_t};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;

const E_TYPE: i32 = -9;
const E_BUFFER: i32 = -11;
const E_EXCEPTION: i32 = -33;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_tag_new(
    store: Ctx<'_>,
    list: Option<&List>,
    codes: *const u32,
    n: usize,
    out: &mut Tag,
) -> Fail {
    guard(|| {
        let params = unsafe { crate::refs::listed(list, 0, codes, n)? };
        let ty = TagType::new(FuncType::new(store.engine(), params, []));
        *out = Tag::new(store, &ty)?;
        Ok(())
    })
}

/// Make an exception; `out` gets its number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_exception_new(mut store: Ctx<'_>, tag: &Tag, slots: *const u64, out: &mut u32) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let ty = tag.ty(&store);
        let types: Vec<ValType> = ty.ty().params().collect();
        let words = unsafe { copy_slots(&types, slots) };
        let mut scope = RootScope::new(&mut store);
        let mut fresh = Fresh::default();
        let vals = values_in(&mut scope, link, &types, &words, &mut fresh, Mode::Make)?;
        let allocator = ExnRefPre::new(&mut scope, ExnType::from_tag_type(&ty)?);
        let exn = ExnRef::new(&mut scope, &allocator, tag, &vals)?;
        *out = refs(link).add(Root::Exn(exn.to_owned_rooted(&mut scope)?))?;
        fresh.take(link);
        Ok(())
    })
}

/// The exception with a number.
fn exception(link: *mut Link, number: u32) -> Result<OwnedRooted<ExnRef>> {
    match root_of(link, number)? {
        Root::Exn(exn) => Ok(exn),
        Root::Any(_) => refuse(E_TYPE, "the reference is not an exception"),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_exception_tag(mut store: Ctx<'_>, number: u32, out: &mut Tag) -> Fail {
    guard(|| {
        let exn = exception(link_of(store.data()), number)?;
        let mut scope = RootScope::new(&mut store);
        *out = exn.to_rooted(&mut scope).tag(&mut scope)?;
        Ok(())
    })
}

fn fields(store: &mut RootScope<&mut Ctx<'_>>, exn: Rooted<ExnRef>) -> Result<Vec<Val>> {
    let n = exn.tag(&mut *store)?.ty(&*store).ty().params().len();
    (0..n).map(|i| exn.field(&mut *store, i)).collect()
}

/// Values into `len` slots.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_exception_read(mut store: Ctx<'_>, number: u32, slots: *mut u64, len: usize) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let exn = exception(link, number)?;
        let mut scope = RootScope::new(&mut store);
        let exn = exn.to_rooted(&mut scope);
        let need: usize = exn.tag(&mut scope)?.ty(&scope).ty().params().map(|ty| width(&ty)).sum();
        if need > len {
            return refuse(E_BUFFER, &format!("slots: {len} given, the exception needs {need}"));
        }
        let vals = fields(&mut scope, exn)?;
        let out = values_out(&mut scope, link, vals.into_iter(), false)?;
        unsafe { std::ptr::copy_nonoverlapping(out.as_ptr(), slots, out.len()) };
        Ok(())
    })
}

// ---- throwing ----------------------------------------------------------------

/// The running host function fails by throwing the exception with a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_failure_throw(link: *mut Link, number: u32) -> Fail {
    guard(|| {
        let exn = exception(link, number)?;
        let mut failure = Failure::refusal(E_EXCEPTION, "a host function threw an exception");
        failure.exception = Some(exn);
        // SAFETY: the host function's thread has the store.
        crate::host::set_failure(unsafe { &mut *link }, failure);
        Ok(())
    })
}

/// As Wasmtime wants it returned by a host function.
pub fn throw(mut store: impl AsContextMut, exn: &OwnedRooted<ExnRef>) -> Error {
    let mut scope = RootScope::new(&mut store);
    let exn = exn.to_rooted(&mut scope);
    match scope.as_context_mut().throw::<()>(exn) {
        Err(error) => error,
        Ok(()) => Error::msg("an exception was not thrown"),
    }
}

// ---- what nobody caught --------------------------------------------------------

fn shown(val: &Val) -> String {
    match val {
        Val::I32(v) => v.to_string(),
        Val::I64(v) => v.to_string(),
        Val::F32(v) => f32::from_bits(*v).to_string(),
        Val::F64(v) => f64::from_bits(*v).to_string(),
        Val::V128(v) => format!("{:#x}", v.as_u128()),
        _ => "a reference".into(),
    }
}

/// The first values in words.
fn in_words(vals: &[Val]) -> String {
    let values: Vec<String> = vals.iter().take(8).map(shown).collect();
    let more = if vals.len() > 8 { ", ..." } else { "" };
    if vals.is_empty() {
        return "an exception without values was thrown and not caught".into();
    }
    format!("an exception was thrown and not caught: {}{more}", values.join(", "))
}

/// Take the exception of an error out of the store, and say in the error what
/// it was. `number` gets one for the host if it wants that, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_thrown_take(
    mut store: Ctx<'_>,
    error: &mut wasmtime_error_t,
    want: i32,
    number: &mut u32,
) -> Fail {
    *number = 0;
    guard(|| {
        let link = link_of(store.data());
        let mut scope = RootScope::new(&mut store);
        let Some(exn) = scope.as_context_mut().take_pending_exception() else { return Ok(()) };
        let owned = exn.to_owned_rooted(&mut scope)?;
        if want != 0 {
            *number = refs(link).add(Root::Exn(owned.clone()))?;
        }
        let text = in_words(&fields(&mut scope, exn)?);
        refs(link).thrown = Some(owned);
        let error: &mut Error = unsafe { view_mut(error) };
        *error = std::mem::replace(error, Error::msg("")).context(text);
        Ok(())
    })
}

/// Forget it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_thrown_drop(link: *mut Link) {
    or((), || refs(link).thrown = None);
}
