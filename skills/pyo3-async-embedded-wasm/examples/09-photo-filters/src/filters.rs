//! The filters: each makes a new image of an old one. No Python in here.

use crate::errors::{Error, Result};
use crate::photo::Image;

/// Makes a new image with some amount of a filter; `check` is called now and then, and can end it.
type Work = fn(&Image, f64, Check<'_>) -> Result<Image>;
type Check<'a> = &'a mut dyn FnMut() -> Result<()>;

/// A filter as people choose it.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    pub name: &'static str,
    /// The least and the most of it, and what is usual.
    pub least: f64,
    pub most: f64,
    pub usual: f64,
    work: Work,
}

/// All filters, in the order in which they are offered.
pub const FILTERS: [Filter; 6] = [
    filter(
        "black-and-white",
        [0.0, 1.0, 1.0],
        |image, amount, check| {
            by_pixel(image, check, |[r, g, b]| {
                let grey = 0.299 * r + 0.587 * g + 0.114 * b;
                mix([r, g, b], [grey; 3], amount)
            })
        },
    ),
    filter("sepia", [0.0, 1.0, 0.8], |image, amount, check| {
        by_pixel(image, check, |[r, g, b]| {
            // Cut off here, or else bright areas would lose their tone.
            let red = (0.393 * r + 0.769 * g + 0.189 * b).min(255.0);
            mix([r, g, b], [red, 0.89 * red, 0.69 * red], amount)
        })
    }),
    filter("contrast", [-1.0, 1.0, 0.4], |image, amount, check| {
        by_pixel(image, check, |rgb| {
            rgb.map(|value| 128.0 + (value - 128.0) * (1.0 + amount as f32))
        })
    }),
    filter("blur", [0.0, 50.0, 4.0], blur),
    filter("sharpen", [0.0, 4.0, 1.0], |image, amount, check| {
        // What a blur takes away is what makes a picture sharp.
        let soft = blur(image, 1.0, check)?;
        let pixels = image.pixels.iter().zip(&soft.pixels).enumerate();
        let sharper = pixels.map(|(place, (&value, &soft))| match place % 4 {
            3 => value,
            _ => byte(f32::from(value) + (f32::from(value) - f32::from(soft)) * amount as f32),
        });
        Image::new(image.width, image.height, sharper.collect())
    }),
    filter("vignette", [0.0, 1.0, 0.6], |image, amount, check| {
        let (middle, half) = (image.width as f32 / 2.0, image.height as f32 / 2.0);
        by_row(image, check, |y, row| {
            let high = (y as f32 + 0.5 - half) / half;
            for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
                let wide = (x as f32 + 0.5 - middle) / middle;
                let light = 1.0 - amount as f32 * (wide * wide + high * high) / 2.0;
                for value in &mut pixel[..3] {
                    *value = byte(f32::from(*value) * light);
                }
            }
        })
    }),
];

const fn filter(name: &'static str, [least, most, usual]: [f64; 3], work: Work) -> Filter {
    Filter {
        name,
        least,
        most,
        usual,
        work,
    }
}

/// Applies a filter by its name. `check` is called after each row, and can end it.
///
/// # Errors
///
/// [`Error::UnknownFilter`], [`Error::Amount`], and that of `check`.
pub fn apply(
    image: &Image,
    name: &str,
    amount: Option<f64>,
    mut check: impl FnMut() -> Result<()>,
) -> Result<Image> {
    let filter = FILTERS.iter().find(|filter| filter.name == name);
    let filter = filter.ok_or_else(|| Error::UnknownFilter(name.to_owned()))?;
    let amount = amount.unwrap_or(filter.usual);
    if !(filter.least..=filter.most).contains(&amount) {
        let Filter {
            name, least, most, ..
        } = *filter;
        return Err(Error::Amount {
            name,
            least,
            most,
            amount,
        });
    }
    (filter.work)(image, amount, &mut check)
}

/// Changes the colours of each pixel, and leaves its opacity.
fn by_pixel(
    image: &Image,
    check: Check<'_>,
    change: impl Fn([f32; 3]) -> [f32; 3],
) -> Result<Image> {
    by_row(image, check, |_, row| {
        for pixel in row.chunks_exact_mut(4) {
            let colours = change([pixel[0], pixel[1], pixel[2]].map(f32::from));
            pixel[..3].copy_from_slice(&colours.map(byte));
        }
    })
}

fn by_row(image: &Image, check: Check<'_>, change: impl Fn(usize, &mut [u8])) -> Result<Image> {
    let mut result = image.clone();
    // An image without width has no rows.
    let width = (image.width as usize * 4).max(1);
    for (y, row) in result.pixels.chunks_exact_mut(width).enumerate() {
        change(y, row);
        check()?;
    }
    Ok(result)
}

/// Averages over squares three times, which is close to a Gaussian blur, and costs the same for any radius.
fn blur(image: &Image, radius: f64, check: Check<'_>) -> Result<Image> {
    let radius = radius.round() as usize;
    let (width, height) = (image.width as usize, image.height as usize);
    let mut result = image.clone();
    if radius == 0 || result.pixels.is_empty() {
        return Ok(result);
    }
    for _ in 0..3 {
        for y in 0..height {
            average(&mut result.pixels, y * width * 4, 4, width, radius);
            check()?;
        }
        for x in 0..width {
            average(&mut result.pixels, x * 4, width * 4, height, radius);
            check()?;
        }
    }
    Ok(result)
}

/// Averages the colours along a line, each over `radius` pixels on either side; those at the ends go on for ever.
fn average(pixels: &mut [u8], start: usize, step: usize, count: usize, radius: usize) {
    let line: Vec<[u32; 3]> = (0..count)
        .map(|index| {
            let place = start + index * step;
            [pixels[place], pixels[place + 1], pixels[place + 2]].map(u32::from)
        })
        .collect();
    let at = |index: usize| line[index.saturating_sub(radius).min(count - 1)];
    let size = 2 * radius as u32 + 1;
    // The window is moved by `radius`, so that no index is below zero.
    let mut sum = [0; 3];
    for index in 0..size as usize {
        add(&mut sum, at(index));
    }
    for index in 0..count {
        let place = start + index * step;
        for (value, sum) in pixels[place..place + 3].iter_mut().zip(sum) {
            *value = ((sum + size / 2) / size) as u8;
        }
        add(&mut sum, at(index + size as usize));
        let leaving = at(index);
        for (sum, value) in sum.iter_mut().zip(leaving) {
            *sum -= value;
        }
    }
}

fn add(sum: &mut [u32; 3], colours: [u32; 3]) {
    for (sum, value) in sum.iter_mut().zip(colours) {
        *sum += value;
    }
}

fn mix(from: [f32; 3], to: [f32; 3], amount: f64) -> [f32; 3] {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * amount as f32)
}

/// Rounds a colour; `as` keeps it between 0 and 255.
fn byte(value: f32) -> u8 {
    value.round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go_on() -> Result<()> {
        Ok(())
    }

    fn photo() -> Image {
        let pixels =
            (0..8u32 * 5).flat_map(|n| [(n * 6) as u8, (n * n) as u8, 250 - n as u8, n as u8]);
        Image::new(8, 5, pixels.collect()).unwrap()
    }

    #[test]
    fn no_amount_changes_nothing() {
        for name in [
            "black-and-white",
            "sepia",
            "contrast",
            "blur",
            "sharpen",
            "vignette",
        ] {
            assert_eq!(
                apply(&photo(), name, Some(0.0), go_on).unwrap(),
                photo(),
                "{name}"
            );
        }
    }

    #[test]
    fn opacity_is_left_and_something_changes() {
        let opacities = |image: &Image| {
            image
                .pixels
                .iter()
                .skip(3)
                .step_by(4)
                .copied()
                .collect::<Vec<_>>()
        };
        for filter in FILTERS {
            let result = apply(&photo(), filter.name, None, go_on).unwrap();
            assert_ne!(result, photo(), "{}", filter.name);
            assert_eq!(opacities(&result), opacities(&photo()), "{}", filter.name);
        }
    }

    #[test]
    fn a_blur_of_one_colour_is_that_colour() {
        let image = Image::new(3, 4, [9, 120, 255, 8].repeat(12)).unwrap();
        for radius in [1.0, 2.0, 50.0] {
            assert_eq!(apply(&image, "blur", Some(radius), go_on).unwrap(), image);
        }
    }

    #[test]
    fn a_blur_is_the_average_of_the_neighbours() {
        let mut pixels = vec![0, 90, 0, 30, 0, 0];
        pixels = pixels.into_iter().flat_map(|value| [value; 4]).collect();
        average(&mut pixels, 0, 4, 6, 1);
        let reds: Vec<u8> = pixels.into_iter().step_by(4).collect();
        assert_eq!(reds, [30, 30, 40, 10, 10, 0]);
    }

    #[test]
    fn an_image_without_pixels_is_left() {
        for filter in FILTERS {
            for (width, height) in [(0, 0), (0, 3), (3, 0)] {
                let image = Image::new(width, height, vec![]).unwrap();
                assert_eq!(apply(&image, filter.name, None, go_on).unwrap(), image);
            }
        }
    }

    #[test]
    fn wrong_names_and_amounts_are_errors() {
        let error = |name, amount| {
            apply(&photo(), name, amount, go_on)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error("glow", None), "there is no filter \"glow\"");
        assert_eq!(
            error("blur", Some(51.0)),
            "blur takes an amount from 0 to 50, not 51"
        );
        assert!(error("sepia", Some(f64::NAN)).ends_with("not NaN"));
    }

    #[test]
    fn it_can_be_ended_in_the_midst() {
        for filter in FILTERS {
            let mut left = 3;
            let stop = || {
                left -= 1;
                if left == 0 {
                    Err(Error::TooLarge(0))
                } else {
                    Ok(())
                }
            };
            assert!(
                apply(&photo(), filter.name, None, stop).is_err(),
                "{}",
                filter.name
            );
        }
    }
}
