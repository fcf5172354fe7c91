//! A photo in memory, and as a PNG file. No Python in here.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Encoder, Transformations};

use crate::errors::{Error, Result};

/// The most pixels: 160 MB of colours, and as much again while a filter works.
pub const LIMIT: u64 = 40_000_000;

/// Red, green, blue and opacity of each pixel, a byte each, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl Image {
    /// Takes the pixels of an image.
    ///
    /// # Errors
    ///
    /// [`Error::Size`] if they are too few or too many, [`Error::TooLarge`].
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self> {
        let expected = check_size(width, height)? * 4;
        if pixels.len() as u64 != expected {
            let actual = pixels.len();
            return Err(Error::Size {
                width,
                height,
                expected,
                actual,
            });
        }
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    /// Reads a PNG file of any kind.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`], [`Error::TooLarge`].
    pub fn from_png(file: &[u8]) -> Result<Self> {
        let mut decoder = Decoder::new(Cursor::new(file));
        // Palettes and shades of grey with fewer bits become bytes, and 16 bits do, too.
        decoder
            .set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
        let (width, height) = decoder.read_header_info()?.size();
        check_size(width, height)?;
        let mut reader = decoder.read_info()?;
        let mut data = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let frame = reader.next_frame(&mut data)?;
        data.truncate(frame.buffer_size());
        let pixels = match frame.color_type {
            ColorType::GrayscaleAlpha => data
                .chunks_exact(2)
                .flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]])
                .collect(),
            _ => data,
        };
        Self::new(width, height, pixels)
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`]: a PNG has at least one pixel.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(file)
    }
}

/// Returns how many pixels there are, before there is memory for them.
fn check_size(width: u32, height: u32) -> Result<u64> {
    let count = u64::from(width) * u64::from(height);
    if count > LIMIT {
        return Err(Error::TooLarge(count / 1_000_000));
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let pixels = (0..2 * 3 * 4).collect();
        Image::new(2, 3, pixels).unwrap()
    }

    #[test]
    fn a_file_gives_back_the_pixels() {
        assert_eq!(
            Image::from_png(&image().to_png().unwrap()).unwrap(),
            image()
        );
    }

    #[test]
    fn shades_of_grey_become_colours() {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 2, 1);
        encoder.set_color(ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[7, 200]).unwrap();
        drop(writer);
        let pixels = Image::from_png(&file).unwrap().pixels;
        assert_eq!(pixels, [7, 7, 7, 255, 200, 200, 200, 255]);
    }

    #[test]
    fn damaged_files_are_errors() {
        let file = image().to_png().unwrap();
        for damaged in [&file[..20], &file[1..], b"GIF89a".as_slice(), b""] {
            assert!(matches!(Image::from_png(damaged), Err(Error::Decode(_))));
        }
    }

    #[test]
    fn a_size_that_cannot_be_is_an_error() {
        assert!(matches!(
            Image::new(2, 3, vec![0; 23]),
            Err(Error::Size { expected: 24, .. })
        ));
        assert!(matches!(
            Image::new(u32::MAX, 2, vec![]),
            Err(Error::TooLarge(_))
        ));
    }
}
