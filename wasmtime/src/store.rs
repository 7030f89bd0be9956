//! store.rs - the record that C and Rust share, limits and interruption.

use crate::layout::{ForeignOffset, view_mut};
use crate::{Fail, guard, or};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::{Acquire, Relaxed}};
use wasmtime::{AsContext, Error, ResourceLimiter, Store, UpdateDeadline};
use wasmtime_c_api::{
    WasmtimeStoreData, wasm_engine_t, wasmtime_store_new, wasmtime_store_t,
};

/// The same struct as `struct lodge_wt_store` in lodge_wt.h, field by field.
#[repr(C)]
pub struct Link {
    pub room: *mut c_void,
    pub call: *mut crate::host::Call,
    pub caller: u64,
    pub callers: u64,
    pub failure: *mut crate::host::Failure,
    pub inner: *mut crate::host::Failure,
    pub memory_limit: u64,
    pub table_limit: u64,
    pub instance_limit: u64,
    pub tables_limit: u64,
    pub memories_limit: u64,
    pub memory_bytes: u64,
    pub memory_peak: u64,
    pub table_elements: u64,
    pub table_peak: u64,
    pub refusals: AtomicU64,
    pub last_growth: u64,
    pub last_peak: u64,
    pub budget: *mut Budget,
    pub refused: u32,
    pub last_refusal: AtomicU32,
    pub ticks: *const AtomicU64,
    pub epochs: *const AtomicU64,
    pub deadline: u64,
    pub epoch_deadline: u64,
    pub slice: u64,
    pub cancel: AtomicU32,
    pub nothing_made: u32,
    pub open: *const Open,
    pub oldest: AtomicU64,
    pub newest: AtomicU64,
    pub cancelled: [AtomicU64; CANCELLED],
    pub wasi: *mut c_void,
    pub stack: *mut wasmtime_internal_fiber::FiberStack,
    pub stacks: *const crate::fiber::Stacks,
    pub fiber: usize,
    pub stack_limit: *mut usize,
    pub resident: *mut crate::fiber::Resident,
    pub room_ops: *const crate::refs::Room,
    pub refs: *mut crate::refs::Refs,
    pub profile: *mut crate::profile::Profile,
    pub id: u64,
    pub types: *const crate::types::Types,
}

/// The head of C's record of a budget, as in lodge_wt.h.
#[repr(C)]
pub struct Budget {
    take: unsafe extern "C" fn(*mut Budget, u32, u64) -> i32,
    give: unsafe extern "C" fn(*mut Budget, u32, u64),
    spend: unsafe extern "C" fn(*const Link) -> i32,
}

const MEMORY: u32 = 0;
const TABLE: u32 = 1;

/// LODGE_LIMIT_*: whose limit it was.
pub mod limit {
    pub const STORE_MEMORY: u32 = 1;
    pub const STORE_TABLE: u32 = 2;
    pub const STORE_COUNT: u32 = 3;
    pub const BUDGET_MEMORY: u32 = 4;
    pub const BUDGET_TABLE: u32 = 5;
    pub const BUDGET_TIME: u32 = 6;
    pub const PROCESS: u32 = 7;
}

/// A call that has an id, as long as it is open; on the stack of the call.
#[repr(C)]
pub struct Open {
    up: *const Open,
    id: u64,
    oldest: u64,
}

/// Places for ids of calls that were cancelled.
const CANCELLED: usize = 64;
const CANCEL_STORE: u32 = 1;

/// Why the epoch callback ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    Deadline,
    Cancelled,
    Budget,
}

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Interrupted::Deadline => "the deadline has passed",
            Interrupted::Cancelled => "the call was cancelled",
            Interrupted::Budget => "the time of the store's budget is used up",
        })
    }
}
impl std::error::Error for Interrupted {}

// One thread at a time uses a store and its link.
unsafe impl Send for Link {}

impl Link {
    /// What should end the guest now, if anything.
    pub fn interrupted(&self) -> Option<Interrupted> {
        let cancel = self.cancel.load(Acquire);
        if cancel & CANCEL_STORE != 0 || cancel != 0 && self.any_cancelled() {
            return Some(Interrupted::Cancelled);
        }
        // SAFETY: C keeps the counters alive longer than any store.
        let (ticks, epochs) = unsafe { ((*self.ticks).load(Relaxed), (*self.epochs).load(Relaxed)) };
        let timed = self.deadline != 0 && ticks >= self.deadline;
        let counted = self.epoch_deadline != 0 && epochs >= self.epoch_deadline;
        if timed || counted {
            return Some(Interrupted::Deadline);
        }
        self.spent().then_some(Interrupted::Budget)
    }

    /// Whether the store has a budget and its time is used up.
    fn spent(&self) -> bool {
        // SAFETY: the store keeps its budget alive. C writes only to its own
        // part of the record, and counts the refusal, which is atomic here.
        !self.budget.is_null() && unsafe { ((*self.budget).spend)(self) } != 0
    }

    /// Take from the budget, if there is one.
    fn take(&mut self, kind: u32, more: u64) -> bool {
        // SAFETY: as above.
        self.budget.is_null() || unsafe { ((*self.budget).take)(self.budget, kind, more) } != 0
    }

    fn give(&mut self, kind: u32, n: u64) {
        if !self.budget.is_null() {
            // SAFETY: as above.
            unsafe { ((*self.budget).give)(self.budget, kind, n) }
        }
    }

    /// Whether one of the open calls was cancelled by its id.
    fn any_cancelled(&self) -> bool {
        self.cancelled.iter().any(|place| match place.load(Acquire) {
            0 => false,
            id => self.is_open(id),
        })
    }

    fn is_open(&self, id: u64) -> bool {
        let mut next = self.open;
        // SAFETY: each lies on the stack of a call that is open.
        while let Some(call) = unsafe { next.as_ref() } {
            if call.id == id {
                return true;
            }
            next = call.up;
        }
        false
    }

    /// Whether the thread that waits wants to be back by now.
    fn slice_is_over(&self) -> bool {
        // SAFETY: as above.
        self.slice != 0 && unsafe { (*self.ticks).load(Relaxed) } >= self.slice
    }

    fn refuse(&mut self, limit: u32) -> wasmtime::Result<bool> {
        *self.refusals.get_mut() += 1;
        *self.last_refusal.get_mut() = limit;
        self.refused = limit;
        Ok(false)
    }
}

/// Wasmtime says this where it has not asked before. It must not be taken for
/// the failure of the growth that was allowed last.
const NEVER_ASKED: &str = "memory growth exceeds memory type's limits";

impl ResourceLimiter for Link {
    fn memory_growing(&mut self, now: usize, want: usize, max: Option<usize>) -> wasmtime::Result<bool> {
        let more = (want - now) as u64;
        self.refused = 0;
        if max.is_some_and(|max| want > max) {
            return Ok(false);
        }
        if more > self.memory_limit.saturating_sub(self.memory_bytes) {
            return self.refuse(limit::STORE_MEMORY);
        }
        if !self.take(MEMORY, more) {
            return self.refuse(limit::BUDGET_MEMORY);
        }
        self.memory_bytes += more;
        (self.last_growth, self.last_peak) = (more, self.memory_peak);
        self.memory_peak = self.memory_peak.max(self.memory_bytes);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: Error) -> wasmtime::Result<()> {
        self.refused = 0;
        *self.refusals.get_mut() += 1;
        if self.last_growth > 0 && error.to_string() != NEVER_ASKED {
            let growth = std::mem::take(&mut self.last_growth);
            self.memory_bytes -= growth;
            self.memory_peak = self.last_peak;
            self.give(MEMORY, growth);
        }
        Ok(())
    }

    fn table_growing(&mut self, now: usize, want: usize, max: Option<usize>) -> wasmtime::Result<bool> {
        let more = (want - now) as u64;
        self.refused = 0;
        if max.is_some_and(|max| want > max) {
            return Ok(false);
        }
        if more > self.table_limit.saturating_sub(self.table_elements) {
            return self.refuse(limit::STORE_TABLE);
        }
        if !self.take(TABLE, more) {
            return self.refuse(limit::BUDGET_TABLE);
        }
        self.table_elements += more;
        self.table_peak = self.table_peak.max(self.table_elements);
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instance_limit as usize
    }
    fn tables(&self) -> usize {
        self.tables_limit as usize
    }
    fn memories(&self) -> usize {
        self.memories_limit as usize
    }
}

/// The link's address, allowed to travel: a store and its link are used by
/// one thread at a time.
#[derive(Clone, Copy)]
struct LinkPtr(*mut Link);
unsafe impl Send for LinkPtr {}
unsafe impl Sync for LinkPtr {}

impl LinkPtr {
    fn get(&self) -> &'static mut Link {
        // SAFETY: the link outlives the store that this closure belongs to.
        unsafe { &mut *self.0 }
    }
}

/// The engine's epoch has gone up while the guest runs: it ends, or gives
/// way, or goes on. After it gave way it does go on, however late it is.
fn on_epoch(ptr: LinkPtr, store: impl AsContext) -> wasmtime::Result<UpdateDeadline> {
    if !ptr.get().profile.is_null() {
        crate::profile::sample(ptr.0, store);
    }
    let mut why = ptr.get().interrupted();
    if why.is_none() && ptr.get().slice_is_over() {
        let end = crate::fiber::give_way(ptr.0);
        why = if end { Some(Interrupted::Cancelled) } else { ptr.get().interrupted() };
    }
    if let Some(why) = why {
        return Err(Error::new(why));
    }
    Ok(UpdateDeadline::Continue(1))
}

fn install_limiter(store: &mut Store<WasmtimeStoreData>, link: LinkPtr) {
    store.limiter(move |_| link.get() as &mut dyn ResourceLimiter);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_store_new(
    engine: &wasm_engine_t,
    link: *mut Link,
    out: *mut *mut wasmtime_store_t,
) -> Fail {
    guard(|| {
        let mut boxed = wasmtime_store_new(engine, link.cast(), None);
        let store: &mut Store<WasmtimeStoreData> = unsafe { view_mut(&mut *boxed) };
        if !ForeignOffset::learn(store.data(), link.cast()) {
            return Err(Error::msg("Wasmtime's store data has an unknown layout"));
        }
        let ptr = LinkPtr(link);
        install_limiter(store, ptr);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |context| on_epoch(ptr, context));
        unsafe { *out = Box::into_raw(boxed) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_store_limits(store: &mut wasmtime_store_t, link: *mut Link) {
    or((), || install_limiter(unsafe { view_mut(store) }, LinkPtr(link)));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_store_clear(link: &mut Link) {
    or((), || {
        crate::host::forget(link);
        crate::fiber::clear(link);
        crate::refs::clear(link);
        crate::profile::clear(link);
        crate::call::drop_stack(link);
        crate::wasi::drop_state(link);
    });
}
