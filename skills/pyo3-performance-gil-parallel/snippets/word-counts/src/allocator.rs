//! The allocator that the library has, and what can be asked of it.

use std::sync::mpsc;
use std::thread;

use pyo3::prelude::*;

#[cfg(feature = "counting")]
mod counting {
    // region: counting
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        // `const` and without a destructor, so that reading it allocates nothing.
        static ALLOCATIONS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }

    /// The system's allocator, which counts what this thread asks for.
    struct Counting;

    #[expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait")]
    // SAFETY: everything is passed on to the system's allocator as it came.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let (count, bytes) = ALLOCATIONS.get();
            ALLOCATIONS.set((count + 1, bytes + layout.size() as u64));
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
            unsafe { System.dealloc(pointer, layout) }
        }
    }

    #[global_allocator]
    static GLOBAL: Counting = Counting;

    /// Returns how many allocations this thread has made so far, and their bytes.
    pub fn allocations() -> (u64, u64) {
        ALLOCATIONS.get()
    }
    // endregion: counting
}

// region: global
#[cfg(feature = "mimalloc")]
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;
// endregion: global

pub const NAME: &str = if cfg!(feature = "mimalloc") {
    "mimalloc"
} else if cfg!(feature = "counting") {
    "counting"
} else {
    "system"
};

/// Return how many allocations this thread has made in Rust, and their bytes.
#[pyfunction]
pub fn allocations() -> Option<(u64, u64)> {
    #[cfg(feature = "counting")]
    return Some(counting::allocations());
    #[cfg(not(feature = "counting"))]
    None
}

/// Allocate small pieces in one thread and free them in another.
#[pyfunction]
#[pyo3(signature = (pieces, size))]
pub fn churn(py: Python<'_>, pieces: usize, size: usize) {
    py.detach(|| {
        let (sender, receiver) = mpsc::sync_channel::<Vec<Box<[u8]>>>(4);
        thread::scope(|scope| {
            scope.spawn(move || receiver.into_iter().for_each(drop));
            for _ in 0..pieces / 1000 {
                let batch = (0..1000).map(|_| vec![0; size].into_boxed_slice());
                if sender.send(batch.collect()).is_err() {
                    break;
                }
            }
            drop(sender);
        });
    });
}
