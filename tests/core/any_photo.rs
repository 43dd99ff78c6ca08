//! Photos of any sides and any kind of pixels, from the file to the result, through a generator of two convolutions.

use std::{io::Cursor, ops::ControlFlow, sync::LazyLock};

use image::{DynamicImage, ImageFormat, RgbImage, Rgba, RgbaImage};
use nijigen::{
    Error, Options, Picture,
    manifest::{Entry, Layout, ReceptiveField},
    options::{Draw, Finish, Limits},
    picture::{
        normalise::{Canvas, Rows, normalise},
        resize::fit,
    },
    pipeline::{Engine, LARGEST_WHOLE, prepare},
};
use proptest::prelude::*;

/// The generator, whole and in tiles.
static ENGINES: LazyLock<[Engine; 2]> = LazyLock::new(|| {
    let model = crate::read("tests/vectors/nhwc.onnx");
    let whole = Entry::for_user_model("tiny", &model, Layout::Nhwc);
    let tiles = Entry { receptive_field: ReceptiveField::Pixels(3), multiple: 4, ..whole.clone() };
    [whole, tiles].map(|entry| Engine::new(entry, &model).unwrap())
});

/// How a file holds its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    L8,
    La8,
    Rgb8,
    Rgba8,
    L16,
    La16,
    Rgb16,
    Rgba16,
    Rgb32F,
    Rgba32F,
    Palette,
    Cmyk,
    Bmp,
    Webp,
    Jpeg,
    GreyJpeg,
}

impl Kind {
    const ALL: [Kind; 16] = [
        Kind::L8,
        Kind::La8,
        Kind::Rgb8,
        Kind::Rgba8,
        Kind::L16,
        Kind::La16,
        Kind::Rgb16,
        Kind::Rgba16,
        Kind::Rgb32F,
        Kind::Rgba32F,
        Kind::Palette,
        Kind::Cmyk,
        Kind::Bmp,
        Kind::Webp,
        Kind::Jpeg,
        Kind::GreyJpeg,
    ];

    /// A file with these pixels, as far as it can hold them, and what it holds.
    fn file(self, pixels: RgbaImage) -> (Vec<u8>, RgbaImage) {
        let rgba = DynamicImage::from(pixels);
        let (pixels, format): (DynamicImage, _) = match self {
            Kind::L8 => (rgba.into_luma8().into(), ImageFormat::Png),
            Kind::La8 => (rgba.into_luma_alpha8().into(), ImageFormat::Png),
            Kind::Rgb8 => (rgba.into_rgb8().into(), ImageFormat::Png),
            Kind::Rgba8 => (rgba, ImageFormat::Png),
            Kind::L16 => (rgba.into_luma16().into(), ImageFormat::Png),
            Kind::La16 => (rgba.into_luma_alpha16().into(), ImageFormat::Png),
            Kind::Rgb16 => (rgba.into_rgb16().into(), ImageFormat::Png),
            Kind::Rgba16 => (rgba.into_rgba16().into(), ImageFormat::Png),
            Kind::Rgb32F => (rgba.into_rgb32f().into(), ImageFormat::Tiff),
            Kind::Rgba32F => (rgba.into_rgba32f().into(), ImageFormat::Tiff),
            Kind::Palette => (rgba.into_rgb8().into(), ImageFormat::Gif),
            Kind::Bmp => (rgba.into_rgb8().into(), ImageFormat::Bmp),
            Kind::Webp => (rgba, ImageFormat::WebP),
            Kind::Jpeg => (rgba.into_rgb8().into(), ImageFormat::Jpeg),
            Kind::GreyJpeg => (rgba.into_luma8().into(), ImageFormat::Jpeg),
            Kind::Cmyk => {
                let rgb = rgba.into_rgb8();
                return (cmyk_tiff(&rgb), DynamicImage::from(rgb).into_rgba8());
            }
        };
        let mut file = Cursor::new(vec![]);
        pixels.write_to(&mut file, format).unwrap();
        (file.into_inner(), pixels.into_rgba8())
    }

    /// How far a channel may be on average from what was written.
    fn tolerance(self) -> f64 {
        match self {
            Kind::Jpeg | Kind::GreyJpeg => 12.,
            Kind::Cmyk => 1.,
            _ => 0.,
        }
    }
}

/// The smallest TIFF (6.0, section 16) with CMYK pixels, none of them black.
fn cmyk_tiff(rgb: &RgbImage) -> Vec<u8> {
    let (width, height) = rgb.dimensions();
    let pixels: Vec<u8> = rgb.pixels().flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0]).collect();
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    let tags: [(u16, u16, u32, u32); 9] = [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        // Bits of each channel, which lie behind the tags.
        (258, SHORT, 4, 8 + 2 + 9 * 12 + 4),
        (259, SHORT, 1, 1),
        (262, SHORT, 1, 5),
        (273, LONG, 1, 8 + 2 + 9 * 12 + 4 + 8),
        (277, SHORT, 1, 4),
        (278, LONG, 1, height),
        (279, LONG, 1, pixels.len() as u32),
    ];
    let mut file = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for (tag, kind, count, value) in tags {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    file.extend([8, 0].repeat(4));
    file.extend(pixels);
    file
}

/// Few colours, so that a palette holds them all; none transparent where there is none.
fn pixels(width: u32, height: u32, transparent: bool) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let step = |n: u32| (n % 5 * 60) as u8;
        Rgba([step(x / 3), step(y / 2), step(x + y), if transparent && (x / 7 + y) % 3 == 0 { 90 } else { 255 }])
    })
}

fn alpha(rgba: &[u8]) -> impl Iterator<Item = u8> {
    rgba.iter().skip(3).step_by(4).copied()
}

/// Whether the generator gives finite values for a picture.
fn is_finite(picture: &Picture) -> bool {
    let (width, height) = (picture.width(), picture.height());
    let canvas = Canvas { left: 0, top: 0, width, height, layout: Layout::Nhwc, range: [-1., 1.] };
    let mut rows = Rows::default();
    rows.advance(picture, 0, height).unwrap();
    let input = normalise(&rows, picture, &canvas).unwrap();
    let mut generator = nijigen::generator::Generator::load(&crate::read("tests/vectors/nhwc.onnx")).unwrap();
    let mut run = generator.start(input, width, height, width.max(height)).unwrap();
    while !run.step().unwrap() {}
    run.finish().unwrap().iter().all(|value| value.abs() <= 1.)
}

/// Small ones, and slivers as long as a panorama.
fn sides() -> impl Strategy<Value = (u32, u32)> {
    let short = prop_oneof![1u32..12, 1u32..90];
    prop_oneof![
        4 => (short.clone(), short),
        1 => (900u32..=5000, 1u32..=12),
        1 => (1u32..=12, 900u32..=5000),
        1 => prop::sample::select(vec![(1, 1), (5000, 1), (1, 5000), (5000, 8), (8, 5000), (7, 8), (8, 8)]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn it_converts_or_is_too_small(
        (width, height) in sides(),
        kind in prop::sample::select(Kind::ALL.to_vec()),
        transparent: bool,
        max_side in prop::sample::select(vec![256, 900, 5000]),
        full_size: bool,
        strength in prop::sample::select(vec![0., 0.5, 1.]),
        tiled: bool,
    ) {
        let (file, held) = kind.file(pixels(width, height, transparent));
        let prepared = match prepare(&file, &Limits::default()) {
            Ok(prepared) => prepared,
            Err(error) => {
                prop_assert_eq!(error, Error::TooSmall { width, height, min: Picture::MIN_SIDE });
                prop_assert!(width.min(height) < Picture::MIN_SIDE);
                return Ok(());
            }
        };
        prop_assert!(width.min(height) >= Picture::MIN_SIDE);
        let photo = prepared.picture().clone();
        prop_assert_eq!((photo.width(), photo.height()), (width, height));
        let off: f64 = photo.rgba().iter().zip(held.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        let mean = off / held.as_raw().len() as f64;
        prop_assert!(mean <= kind.tolerance(), "{} levels", mean);
        prop_assert!(alpha(photo.rgba()).eq(alpha(&held)));

        let options = Options {
            draw: Draw { max_side, full_size, ..Draw::default() },
            finish: Finish { strength, ..Finish::default() },
            ..Options::default()
        };
        let mut engine = ENGINES[usize::from(tiled)].clone();
        let result = engine.render(prepared, &options, |_| ControlFlow::Continue(())).unwrap();
        let side = if tiled { max_side } else { max_side.min(LARGEST_WHOLE) };
        let drawn = fit(width, height, side, side);
        let sides = if full_size { (width, height) } else { drawn };
        prop_assert_eq!((result.width(), result.height()), sides);
        if sides == (width, height) {
            prop_assert!(alpha(result.rgba()).eq(alpha(photo.rgba())));
            prop_assert_eq!(result == photo, strength == 0.);
        } else if photo.is_opaque() {
            prop_assert!(result.is_opaque());
        }
        if width.max(height) < 90 {
            prop_assert!(is_finite(&photo));
        }
    }
}
