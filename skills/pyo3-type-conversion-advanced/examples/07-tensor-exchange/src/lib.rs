//! Camera frames to tensors for a model, exchanged with other libraries by DLPack.

pub mod dlpack;
pub mod errors;
pub mod normalize;
pub mod tensor;

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use dlpack::{DataType, Imported};
use errors::{Error, Result};
use normalize::{Frames, Planes, Table, normalize};
use tensor::Tensor;

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(50);

const FRAMES: &str = "uint8 frames, rows, columns, channels";
const PLANES: &str = "float32 frames, channels, rows, columns";

/// What most models for photographs were trained with.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

// region: read
/// Borrows frames from an object, and looks at their type and shape.
#[expect(unsafe_code, reason = "the memory is another library's")]
fn borrow(imported: &Imported) -> Result<Frames> {
    let view = imported.view::<u8>(DataType::UINT8, FRAMES)?;
    // SAFETY: this is what the other library promises, for as long as the import lives.
    unsafe { Frames::new(view) }
}
// endregion: read

/// Runs the arithmetic while other threads run, and looks for Ctrl-C now and then.
fn run(py: Python<'_>, frames: &Frames, planes: &Planes, table: &Table) -> Result<()> {
    py.detach(|| {
        let mut checked = Instant::now();
        normalize(frames, planes, table, || {
            if checked.elapsed() >= PATIENCE {
                checked = Instant::now();
                Python::attach(|py| py.check_signals())?;
            }
            Ok(())
        })
    })
}

/// Make a new tensor from camera frames: `(byte / 255 - mean) / deviation`, with channels before rows.
///
/// The frames are read where they are, whatever their strides. Other threads run meanwhile, and Ctrl-C ends it.
///
/// Args:
///     frames: What has DLPack: uint8, of the shape (frames, rows, columns, 3).
///     mean: What to subtract from each channel.
///     deviation: What to divide each channel by.
///
/// Returns:
///     A tensor of float32, of the shape (frames, 3, rows, columns), for any library's `from_dlpack`.
///
/// Raises:
///     MemoryError: If there is no room for the result.
///     TensorBufferError: If the frames are on a device, or of a newer version of DLPack.
///     TensorTypeError: If the elements or the number of dimensions differ.
///     TensorValueError: If there are not three channels, or a mean or deviation is not possible.
#[pyfunction]
#[pyo3(signature = (frames, /, *, mean = MEAN, deviation = DEVIATION))]
#[expect(
    unsafe_code,
    reason = "the memory of a tensor is given away as an address"
)]
fn to_tensor(frames: &Bound<'_, PyAny>, mean: [f32; 3], deviation: [f32; 3]) -> Result<Tensor> {
    let (py, table) = (frames.py(), Table::new(mean, deviation)?);
    let imported = Imported::new("source", frames)?;
    let frames = borrow(&imported)?;
    let tensor = py.detach(|| Tensor::new(frames.planes()))?;
    // SAFETY: the tensor was made with this shape, and lives until the end of this function.
    let planes = unsafe { Planes::new(tensor.view(), &frames) }?;
    run(py, &frames, &planes, &table)?;
    Ok(tensor)
}

// region: write
/// Fill a tensor of another library, which needs no memory for each batch.
///
/// Args:
///     frames: As for `to_tensor`.
///     target: What has DLPack: float32, of the shape (frames, 3, rows, columns), whatever the strides.
///     mean: As for `to_tensor`.
///     deviation: As for `to_tensor`.
///
/// Raises:
///     TensorBufferError: If one is on a device, or of a newer version of DLPack, or the target is read-only or unaligned.
///     TensorTypeError: If the elements or the number of dimensions differ.
///     TensorValueError: If there are not three channels, a mean or deviation is not possible, or the shapes differ.
#[pyfunction]
#[pyo3(signature = (frames, target, /, *, mean = MEAN, deviation = DEVIATION))]
#[expect(unsafe_code, reason = "the memory is another library's")]
fn fill_tensor(
    frames: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    mean: [f32; 3],
    deviation: [f32; 3],
) -> Result<()> {
    let (py, table) = (frames.py(), Table::new(mean, deviation)?);
    let imported = Imported::new("source", frames)?;
    let frames = borrow(&imported)?;
    let target = Imported::new("target", target)?;
    if target.is_read_only() {
        return Err(Error::ReadOnly("target"));
    }
    let view = target.view::<f32>(DataType::FLOAT32, PLANES)?;
    // SAFETY: this is what the other library promises, for as long as the import lives; it is aligned, and not read-only.
    let planes = unsafe { Planes::new(view, &frames) }?;
    run(py, &frames, &planes, &table)
}
// endregion: write

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::tensor::Tensor;
    #[pymodule_export]
    use crate::{fill_tensor, to_tensor};
}
