//! fiber.rs - the resident fiber: where calls that may wait for the host run.
//!
//! One fiber of a store runs C's command loop for as long as the store lives.
//! Code on it parks; whoever wakes it polls. The state is in C (suspend.c);
//! here is only what needs Wasmtime's async functions.

use crate::layout::{link_of, view};
use crate::store::Link;
use crate::{Fail, Panicked, err, guard};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use wasmtime::{AsContextMut, Caller, Error, Func, Instance, InstancePre, Result};
use wasmtime_c_api::{WasmtimeStoreContextMut, WasmtimeStoreData, wasmtime_instance_pre_t};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;
type Data = WasmtimeStoreData;
type Boxed<T> = Box<dyn Future<Output = T> + Send>;

/// What an instantiation on the fiber works on; on the stack of its caller.
struct Order {
    pre: *const InstancePre<Data>,
    out: *mut Instance,
}

pub struct Resident {
    park: Func,
    driver: Func,
    instantiate: Func,
    order: *mut Order,
    body: unsafe extern "C" fn(*mut Link),
    give_way: unsafe extern "C" fn(*mut Link) -> i32,
    future: Option<Pin<Box<dyn Future<Output = Result<()>>>>>,
    waker: Waker,
}

// ---- parking ---------------------------------------------------------------

/// The address of C's wake word travels as the waker's data, so that the
/// future needs no room and its box no memory.
const VTABLE: RawWakerVTable = RawWakerVTable::new(|p| RawWaker::new(p, &VTABLE), |_| {}, |_| {}, |_| {});

struct Park;

impl Future for Park {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let wake = context.waker().data() as *mut u32;
        // SAFETY: only lodge_wt_resident_poll polls, with our waker.
        unsafe {
            if *wake == 0 {
                return Poll::Pending;
            }
            *wake = 0;
        }
        Poll::Ready(())
    }
}

// ---- what runs on the fiber --------------------------------------------------

/// The first function on the fiber: C's loop, until the fiber is to end.
fn driver(caller: Caller<'_, Data>) -> Result<()> {
    let link = link_of(caller.data());
    let mark = 0u8;
    // SAFETY: the link and its resident outlive the fiber.
    unsafe {
        (*link).fiber = std::ptr::from_ref(&mark) as usize;
        ((*(*link).resident).body)(link);
    }
    Err(Error::msg("the fiber was ended"))
}

/// Travels into the future; the fiber is polled by one thread at a time.
struct OrderPtr(*mut Order);
unsafe impl Send for OrderPtr {}

impl OrderPtr {
    fn get(&self) -> *mut Order {
        self.0
    }
}

/// An instantiation as an async function: a synchronous one is refused once
/// the store has async functions.
fn instantiate(mut caller: Caller<'_, Data>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
    let link = link_of(caller.data());
    // SAFETY: lodge_wt_resident_instantiate has just written it.
    let order = OrderPtr(unsafe { (*(*link).resident).order });
    Box::pin(async move {
        let (pre, out) = unsafe { (&*(*order.get()).pre, OrderPtr(order.get())) };
        let instance = pre.instantiate_async(caller.as_context_mut()).await?;
        unsafe { *(*out.get()).out = instance };
        Ok(())
    })
}

/// The time slice of the running fiber is used up: stop it until somebody
/// lets it go on. Whether it is to end instead.
pub fn give_way(link: *mut Link) -> bool {
    // SAFETY: a slice is set only while the fiber runs.
    unsafe { ((*(*link).resident).give_way)(link) != 0 }
}

fn make(
    mut store: Ctx<'_>,
    wake: *mut u32,
    body: unsafe extern "C" fn(*mut Link),
    give_way: unsafe extern "C" fn(*mut Link) -> i32,
) -> Resident {
    let park = Func::wrap_async(store.as_context_mut(), |_: Caller<'_, Data>, ()| Box::new(Park) as Boxed<()>);
    let instantiate = Func::wrap_async(store.as_context_mut(), |caller: Caller<'_, Data>, ()| {
        Box::new(instantiate(caller)) as Box<dyn Future<Output = Result<()>> + Send + '_>
    });
    Resident {
        park,
        instantiate,
        driver: Func::wrap(store, driver),
        order: std::ptr::null_mut(),
        body,
        give_way,
        future: None,
        // SAFETY: the vtable does nothing with the address but hand it out.
        waker: unsafe { Waker::from_raw(RawWaker::new(wake as *const (), &VTABLE)) },
    }
}

// ---- for C -------------------------------------------------------------------

/// Start the fiber: the first poll runs `body` to its first park.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_start(
    mut store: Ctx<'static>,
    link: *mut Link,
    wake: *mut u32,
    body: unsafe extern "C" fn(*mut Link),
    give_way: unsafe extern "C" fn(*mut Link) -> i32,
) -> Fail {
    guard(|| unsafe {
        if (*link).resident.is_null() {
            let again = std::ptr::read(&store);
            (*link).resident = Box::into_raw(Box::new(make(again, wake, body, give_way)));
        }
        let resident = &mut *(*link).resident;
        let driver = resident.driver;
        let run = async move { driver.call_async(&mut store, &[], &mut []).await };
        resident.future = Some(Box::pin(run));
        Ok(())
    })
}

/// Run the fiber until it parks (0) or has ended (1, with the error).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_poll(link: *mut Link, error: &mut Fail) -> i32 {
    // SAFETY: started before. No reference to the resident is held during
    // the poll, which reads it too.
    let resident = unsafe { (*link).resident };
    let polled = catch_unwind(AssertUnwindSafe(|| unsafe {
        let mut context = Context::from_waker(&*&raw const (*resident).waker);
        match &mut *(&raw mut (*resident).future) {
            Some(future) => future.as_mut().poll(&mut context),
            None => Poll::Ready(Err(Error::msg("no fiber"))),
        }
    }));
    *error = match polled {
        Ok(Poll::Pending) => return 0,
        Ok(Poll::Ready(Ok(()))) => None,
        Ok(Poll::Ready(Err(e))) => err(e),
        Err(panic) => err(Error::new(Panicked::new(panic))),
    };
    1
}

/// End the fiber: what is parked on it unwinds now. The rest stays, for the
/// next start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_stop(link: *mut Link) {
    // SAFETY: as in poll; unwinding reads the resident.
    unsafe {
        if !(*link).resident.is_null() {
            let future = (*(*link).resident).future.take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
        }
    }
}

/// Forget the resident; after the store.
pub fn clear(link: &mut Link) {
    if !link.resident.is_null() {
        drop(unsafe { Box::from_raw(link.resident) });
        link.resident = std::ptr::null_mut();
    }
}

/// Park the running fiber: 0 woken, 1 the fiber is being ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_park(store: Ctx<'_>, link: *mut Link) -> i32 {
    let done = catch_unwind(AssertUnwindSafe(|| unsafe {
        let park = (*(*link).resident).park;
        park.call_unchecked(store, std::ptr::slice_from_raw_parts_mut(std::ptr::dangling_mut(), 0))
    }));
    i32::from(!matches!(done, Ok(Ok(()))))
}

/// Instantiate on the running fiber. The start function runs on a fiber of
/// its own above it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_resident_instantiate(
    store: Ctx<'_>,
    link: *mut Link,
    pre: &wasmtime_instance_pre_t,
    out: *mut Instance,
) -> Fail {
    let mut order = Order { pre: view(pre), out };
    guard(|| unsafe {
        (*(*link).resident).order = &raw mut order;
        let func = (*(*link).resident).instantiate;
        func.call_unchecked(store, std::ptr::slice_from_raw_parts_mut(std::ptr::dangling_mut(), 0))
    })
}
