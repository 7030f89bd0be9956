//! fiber.rs - the resident fiber: where calls that may wait for the host run.
//!
//! One fiber of a store runs C's command loop for as long as the store lives.
//! Code on it parks; whoever wakes it runs it on. The state is in C
//! (suspend.c); here are the stacks and the change from one to another. To
//! Wasmtime all that is a call deeper on a stack (activation.rs).

use crate::activation::{Away, Context};
use crate::call::{keep_stack, take_stack};
use crate::layout::link_of;
use crate::store::Link;
use crate::{Fail, err, guard, or};
use std::sync::Mutex;
use wasmtime::{Error, Result};
use wasmtime_c_api::WasmtimeStoreContextMut;
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;
type Body = unsafe extern "C" fn(*mut Link);
type Resting = Fiber<'static, (), (), ()>;

pub struct Resident {
    fiber: Option<Resting>,
    away: Away,
    suspend: *mut Suspend<(), (), ()>,
    ending: bool,
    give_way: unsafe extern "C" fn(*mut Link) -> i32,
}

// ---- stacks --------------------------------------------------------------------

/// The stacks of an engine with a pool: no more than so many at a time, and
/// kept for the next store.
pub struct Stacks {
    free: Mutex<(Vec<FiberStack>, usize)>,
    most: usize,
    keep: usize,
}

impl Stacks {
    fn take(&self, size: usize) -> Result<FiberStack> {
        let mut free = self.free.lock().unwrap();
        if free.1 >= self.most {
            return Err(Error::msg(format!("the pool has no fiber stack left: pool-stacks={}", self.most)));
        }
        let stack = match free.0.pop() {
            Some(stack) => stack,
            None => FiberStack::new(size, false)?,
        };
        free.1 += 1;
        Ok(stack)
    }

    /// Only the newest part of a stack keeps its memory.
    fn give(&self, stack: FiberStack) {
        if let Some(range) = stack.range() {
            let cold = range.len().saturating_sub(self.keep) & !4095;
            // SAFETY: nothing is on the stack any more.
            unsafe { libc::madvise(range.start as *mut libc::c_void, cold, libc::MADV_DONTNEED) };
        }
        let mut free = self.free.lock().unwrap();
        free.1 -= 1;
        free.0.push(stack);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_stacks_new(most: u64, keep: u64) -> *mut Stacks {
    or(std::ptr::null_mut(), || {
        let (most, keep) = (most as usize, keep as usize);
        Box::into_raw(Box::new(Stacks { free: Mutex::new((Vec::new(), 0)), most, keep }))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_stacks_free(stacks: *mut Stacks) {
    or((), || {
        if !stacks.is_null() {
            drop(unsafe { Box::from_raw(stacks) });
        }
    });
}

fn stack_for(link: &mut Link, size: usize) -> Result<FiberStack> {
    // SAFETY: the engine keeps its stacks longer than any store.
    match unsafe { link.stacks.as_ref() } {
        Some(pool) => pool.take(size),
        None => take_stack(link, size),
    }
}

fn stack_back(link: &mut Link, stack: FiberStack) {
    // SAFETY: as above.
    match unsafe { link.stacks.as_ref() } {
        Some(pool) => pool.give(stack),
        None => keep_stack(link, stack),
    }
}

// ---- the fiber -------------------------------------------------------------------

/// The time slice of the running fiber is used up: stop it until somebody
/// lets it go on. Whether it is to end instead.
pub fn give_way(link: *mut Link) -> bool {
    // SAFETY: a slice is set only while the fiber runs.
    unsafe { ((*(*link).resident).give_way)(link) != 0 }
}

fn make(link: *mut Link, stack: FiberStack, body: Body) -> Result<Resting> {
    let top = stack.top().map_or(0, |top| top as usize);
    let run = move |(), suspend: &mut Suspend<(), (), ()>| unsafe {
        (*link).fiber = top;
        (*(*link).resident).suspend = suspend;
        or((), || body(link));
    };
    Fiber::new(stack, run).map_err(|(error, stack)| {
        // SAFETY: the link of the store that we are in.
        stack_back(unsafe { &mut *link }, stack);
        error
    })
}

/// Make it, to begin with `body` when it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_start(
    store: Ctx<'_>,
    size: usize,
    body: Body,
    give_way: unsafe extern "C" fn(*mut Link) -> i32,
) -> Fail {
    guard(|| {
        let link = link_of(store.data());
        let context = Context::of(&store);
        // SAFETY: the link of the store that we are in, which has no fiber.
        unsafe {
            if !context.is_idle() {
                return Err(Error::msg("the store runs already"));
            }
            let fiber = make(link, stack_for(&mut *link, size)?, body)?;
            let (away, suspend) = (Away::none(context), std::ptr::null_mut());
            clear(&mut *link);
            (*link).stack_limit = context.limit();
            let resident = Resident { fiber: Some(fiber), away, suspend, ending: false, give_way };
            (*link).resident = Box::into_raw(Box::new(resident));
        }
        Ok(())
    })
}

/// Run the fiber until it parks (false) or has ended. No panic leaves it: a
/// fiber that is done is not resumed, and what runs on one catches its own.
///
/// # Safety
/// The resident is there, and its fiber does not run.
#[inline(always)]
unsafe fn run(resident: *mut Resident) -> bool {
    // No reference to the resident is held meanwhile: the fiber reads it too.
    unsafe {
        match &*(&raw const (*resident).fiber) {
            Some(fiber) if !fiber.done() => Away::run(&raw mut (*resident).away, || fiber.resume(()).is_ok()),
            _ => true,
        }
    }
}

/// Run the fiber until it parks (0) or has ended (1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_run(link: *mut Link, error: &mut Fail) -> i32 {
    // SAFETY: started before.
    let ended = unsafe { run((*link).resident) };
    if ended {
        *error = err(Error::msg("the fiber has ended"));
    }
    i32::from(ended)
}

/// End the fiber: what is parked on it unwinds now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_stop(link: *mut Link) {
    or((), || unsafe {
        let resident = (*link).resident;
        if resident.is_null() {
            return;
        }
        (*resident).ending = true;
        run(resident);
        match (*resident).fiber.take() {
            Some(fiber) if fiber.done() => stack_back(&mut *link, fiber.into_stack()),
            other => std::mem::forget(other), // somebody is on it still
        }
    });
}

/// Forget the resident, which has ended.
pub fn clear(link: &mut Link) {
    if !link.resident.is_null() {
        drop(unsafe { Box::from_raw(link.resident) });
        link.resident = std::ptr::null_mut();
    }
}

/// Park the running fiber: 0 woken, 1 the fiber is being ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_park(link: *mut Link) -> i32 {
    or(1, || unsafe {
        let resident = (*link).resident;
        if !(*resident).ending {
            (*(*resident).suspend).suspend(());
        }
        i32::from((*resident).ending)
    })
}
