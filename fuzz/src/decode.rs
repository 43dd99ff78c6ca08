//! A picture's file: pixels within the limits, or what is wrong with it.

use nijigen::{
    Picture,
    options::Limits,
    picture::decode::{decode, decode_dc_image, decode_reduced},
};

use super::assert_explained;

/// The product's, but for the pixels: a fuzzer would go where they are most, and be slow.
const LIMITS: Limits = Limits { max_bytes: 32 << 20, max_pixels: 4_000_000 };
/// Pictures of so many pixels are decoded twice.
const SMALL: u64 = 1 << 16;
const CODES: [&str; 5] = ["corrupt-image", "out-of-memory", "too-large", "too-small", "unsupported-format"];

pub fn check(file: &[u8]) {
    check_within(file, &LIMITS);
}

pub fn check_within(file: &[u8], limits: &Limits) {
    let whole = decode(file, limits);
    match &whole {
        Ok(picture) => {
            let (width, height) = (u64::from(picture.width()), u64::from(picture.height()));
            assert!(width * height <= limits.max_pixels, "{width}×{height}");
            assert!(width.min(height) >= u64::from(Picture::MIN_SIDE), "{width}×{height}");
            assert_eq!(picture.rgba().len() as u64, width * height * 4);
            if width * height <= SMALL {
                assert_eq!(decode(file, limits), whole, "decoded again");
            }
        }
        Err(error) => assert_explained(error, &CODES),
    }
    for of in [1, 2, 4] {
        match (decode_reduced(file, of, limits), &whole) {
            (Ok(Some(small)), Ok(whole)) => {
                let side = |side: u32| (side * of as u32).div_ceil(8);
                assert_eq!((small.width(), small.height()), (side(whole.width()), side(whole.height())), "{of}/8");
            }
            // A small one may be within the limits, or too small.
            (Ok(_), _) => {}
            (Err(error), _) => assert_explained(&error, &CODES),
        }
    }
    match (decode_dc_image(file, limits), whole) {
        (Ok(Some(small)), Ok(whole)) => {
            let eighth = |side: u32| (side + 4) / 8;
            assert_eq!((small.width(), small.height()), (eighth(whole.width()), eighth(whole.height())));
        }
        (Ok(_), _) => {}
        (Err(error), whole) => {
            assert_explained(&error, &CODES);
            assert!(whole.is_err(), "only the eighth is refused: {error}");
        }
    }
}
