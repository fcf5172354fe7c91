//! The loudness of a recording, without Python: a core module for any WebAssembly runtime.

// region: core
/// Reserves memory that the host fills with samples.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(count: usize) -> *mut f32 {
    Box::leak(vec![0.0; count].into_boxed_slice()).as_mut_ptr()
}

/// Returns the loudness of samples in memory that `reserve` gave, and frees it.
///
/// # Safety
///
/// `samples` comes from `reserve` with the same `count`, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn loudness(samples: *mut f32, count: usize) -> f32 {
    // SAFETY: what the host promised.
    let samples = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(samples, count)) };
    (samples.iter().map(|value| value * value).sum::<f32>() / count.max(1) as f32).sqrt()
}
// endregion: core
