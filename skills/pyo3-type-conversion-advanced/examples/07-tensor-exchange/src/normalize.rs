//! The arithmetic: from bytes of pixels to planes of floats.

use crate::dlpack::View;
use crate::errors::{Error, Result};

/// What each byte of each channel becomes.
pub struct Table([[f32; 256]; 3]);

impl Table {
    // region: table
    /// Prepares all there is to calculate: a byte has 256 values.
    pub fn new(mean: [f32; 3], deviation: [f32; 3]) -> Result<Self> {
        let is_fine = |number: &f32| number.is_finite();
        if !mean.iter().all(is_fine) || !deviation.iter().all(|it| is_fine(it) && *it != 0.0) {
            return Err(Error::Statistics);
        }
        let value = |channel: usize, byte: usize| {
            (byte as f32 / 255.0 - mean[channel]) / deviation[channel]
        };
        Ok(Self(std::array::from_fn(|channel| {
            std::array::from_fn(|byte| value(channel, byte))
        })))
    }
    // endregion: table
}

/// Frames to read: which of them, the row, the column, the channel.
#[derive(Clone, Copy)]
pub struct Frames(View<u8>);

/// Planes to write: which frame, the channel, the row, the column.
#[derive(Clone, Copy)]
pub struct Planes(View<f32>);

#[expect(unsafe_code, reason = "threads may share an address")]
// SAFETY: there are addresses inside, and no references; the memory is not tied to a thread.
unsafe impl Sync for Frames {}
#[expect(unsafe_code, reason = "threads may share an address")]
// SAFETY: as above.
unsafe impl Sync for Planes {}

impl Frames {
    /// # Safety
    ///
    /// All elements must be in memory, as long as this is used.
    #[expect(unsafe_code, reason = "the memory is another library's")]
    pub unsafe fn new(view: View<u8>) -> Result<Self> {
        match view.shape[3] {
            3 => Ok(Self(view)),
            channels => Err(Error::Channels(channels)),
        }
    }

    /// Returns the shape of the planes that these frames become.
    pub fn planes(&self) -> [usize; 4] {
        let [count, height, width, channels] = self.0.shape;
        [count, channels, height, width]
    }
}

impl Planes {
    /// # Safety
    ///
    /// All elements must be in memory, aligned, and there to be written to, as long as this is used.
    #[expect(unsafe_code, reason = "the memory is another library's")]
    pub unsafe fn new(view: View<f32>, frames: &Frames) -> Result<Self> {
        if view.shape == frames.planes() {
            return Ok(Self(view));
        }
        Err(Error::Shape {
            found: view.shape,
            expected: frames.planes(),
        })
    }
}

fn offset<T>(view: &View<T>, index: [usize; 4]) -> isize {
    let products = index.into_iter().zip(view.strides);
    // No overflow: the view is addressable, and the index is in it.
    products
        .map(|(place, stride)| place as isize * stride as isize)
        .sum()
}

/// So many columns of a row are done before Ctrl-C is looked for: a row that is broadcast may have any number of them.
const COLUMNS: usize = 1 << 16;

// region: normalize
/// Fills planes from frames, row by row, and calls `check` before each, and in long ones as well.
///
/// Other threads may change the frames meanwhile, and the planes may even be the same memory. Then the numbers mean nothing;
/// but they are read and written by address, so that nothing else is wrong.
#[expect(
    unsafe_code,
    reason = "there is no slice of memory that others may change"
)]
pub fn normalize(
    frames: &Frames,
    planes: &Planes,
    table: &Table,
    mut check: impl FnMut() -> Result<()>,
) -> Result<()> {
    let [count, height, width, _] = frames.0.shape;
    let (step, plane_step) = (frames.0.strides[2] as isize, planes.0.strides[3] as isize);
    // Without rows or columns there may be any number of frames, and no memory.
    if height == 0 || width == 0 {
        return Ok(());
    }
    let rows = (0..count).flat_map(|frame| (0..height).map(move |row| (frame, row)));
    for ((frame, row), start) in
        rows.flat_map(|row| (0..width).step_by(COLUMNS).map(move |start| (row, start)))
    {
        check()?;
        let columns = COLUMNS.min(width - start) as isize;
        for (channel, values) in table.0.iter().enumerate() {
            let source = offset(&frames.0, [frame, row, start, channel]);
            let target = offset(&planes.0, [frame, channel, row, start]);
            for column in 0..columns {
                // SAFETY: all elements are in memory, and this is one of each; the planes are aligned.
                unsafe {
                    let byte = frames
                        .0
                        .start
                        .offset(source + column * step)
                        .read_volatile();
                    let place = planes.0.start.offset(target + column * plane_step);
                    place.write_volatile(values[usize::from(byte)]);
                }
            }
        }
    }
    Ok(())
}
// endregion: normalize

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlpack::compact;

    #[test]
    #[expect(unsafe_code, reason = "there is no other way to make a view")]
    fn channels_become_planes() {
        let mut pixels: Vec<u8> = (0..12).map(|byte| byte * 20).collect();
        let mut numbers = [f32::NAN; 12];
        let view = View {
            start: pixels.as_mut_ptr(),
            shape: [1, 2, 2, 3],
            strides: compact([1, 2, 2, 3]),
        };
        // SAFETY: all of the elements are in the vector.
        let frames = unsafe { Frames::new(view) }.unwrap();
        let view = View {
            start: numbers.as_mut_ptr(),
            shape: [1, 3, 2, 2],
            strides: compact([1, 3, 2, 2]),
        };
        // SAFETY: all of the elements are in the array.
        let planes = unsafe { Planes::new(view, &frames) }.unwrap();
        let table = Table::new([0.0; 3], [1.0 / 255.0; 3]).unwrap();
        normalize(&frames, &planes, &table, || Ok(())).unwrap();
        let rounded = numbers.map(|number| number.round() as i32);
        assert_eq!(
            rounded,
            [0, 60, 120, 180, 20, 80, 140, 200, 40, 100, 160, 220]
        );
    }

    #[test]
    fn statistics_must_be_numbers() {
        assert!(Table::new([0.0; 3], [1.0, 0.0, 1.0]).is_err());
        assert!(Table::new([f32::NAN, 0.0, 0.0], [1.0; 3]).is_err());
        assert!(Table::new([0.0; 3], [f32::INFINITY, 1.0, 1.0]).is_err());
    }
}
