//! mark.rs - names in a linker whose items are made in each store.
//!
//! A mark is a global of a store that is gone at once: no guest can be given
//! it, and the number of that store is never used again.

use crate::host::Probe;
use crate::layout::{view, view_mut};
use crate::{Fail, guard, text};
use wasmtime::{Extern, Global, GlobalType, Linker, Module, Mutability, Val, ValType};
use wasmtime_c_api::{WasmtimeStoreData, wasmtime_linker_t, wasmtime_module_t};

// As the C API has it: the store's number comes first.
const _: () = assert!(size_of::<Global>() == 24 && align_of::<Global>() == 8);

fn store_of(global: &Global) -> u64 {
    // SAFETY: laid out for C, and the number is its first field.
    unsafe { *std::ptr::from_ref(global).cast::<u64>() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_mark(
    linker: &mut wasmtime_linker_t,
    module: *const u8,
    module_len: usize,
    name: *const u8,
    name_len: usize,
    out: &mut u64,
) -> Fail {
    guard(|| unsafe {
        let linker: &mut Linker<WasmtimeStoreData> = view_mut(linker);
        let mut probe = Probe::new(linker);
        let ty = GlobalType::new(ValType::I32, Mutability::Const);
        let global = Global::new(probe.store(), ty, Val::I32(0))?;
        let (module, name) = (text(module, module_len), text(name, name_len));
        linker.define(probe.store(), module, name, global)?;
        *out = store_of(&global);
        Ok(())
    })
}

/// For each import of the module what the linker has there: the number of
/// the store if it is a global, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_marks(
    linker: &wasmtime_linker_t,
    module: &wasmtime_module_t,
    out: *mut u64,
) -> Fail {
    guard(|| unsafe {
        let linker: &Linker<WasmtimeStoreData> = view(linker);
        let module: &Module = view(module);
        let mut probe = Probe::new(linker);
        for (i, import) in module.imports().enumerate() {
            *out.add(i) = match linker.get_by_import(probe.store(), &import) {
                Some(Extern::Global(global)) => store_of(&global),
                _ => 0,
            };
        }
        Ok(())
    })
}
