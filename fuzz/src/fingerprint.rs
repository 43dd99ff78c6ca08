//! Any pixels: fingerprints that agree with themselves, and with another picture's both ways.

use nijigen::{
    Picture,
    fingerprint::{Fingerprint, drawn, phash::phash},
    picture::resize::thumbnail,
};

const MAX_SIDE: usize = 5000;
const MAX_PIXELS: usize = 1 << 16;

/// Sides, how the second picture differs, a threshold, and a pattern of pixels.
pub fn check(input: &[u8]) {
    let Some((&[w1, w0, h1, h0, change, threshold], pattern)) = input.split_first_chunk() else { return };
    let width = 1 + usize::from(u16::from_be_bytes([w1, w0])) % MAX_SIDE;
    let height = (1 + usize::from(u16::from_be_bytes([h1, h0])) % MAX_SIDE).min(MAX_PIXELS.div_ceil(width));
    let mut rgba: Vec<u8> = [pattern, &[0]].concat().into_iter().cycle().take(width * height * 4).collect();
    if change & 1 == 0 {
        opaque(&mut rgba);
    }
    let hash = phash(width as u32, &rgba);
    let (width, height) = (width as u32, height as u32);
    let Some(first) = picture(width, height, &rgba) else { return };
    let fingerprint = Fingerprint::new(&first);
    assert_eq!(fingerprint.phash(), hash);
    assert_eq!(Fingerprint::new(&first), fingerprint, "made again");
    let itself = fingerprint.same(&fingerprint, 0);
    assert!(itself.is_none() || itself == Some(0) && first.is_opaque(), "{itself:?} bits from itself");
    let text = serde_json::to_string(&fingerprint).unwrap();
    assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), fingerprint, "read back");

    let features = drawn::features(&first).unwrap();
    assert_eq!(features.len(), drawn::FEATURES);
    assert!(features.iter().all(|value| (0. ..=1.).contains(value)), "{features:?}");
    assert!((0. ..=1.).contains(&drawn::likelihood(&first).unwrap()));
    let small = thumbnail(&first, 160).unwrap();
    assert!((1..=160).contains(&small.width()) && (1..=160).contains(&small.height()));

    for value in &mut rgba {
        *value = value.saturating_add(change >> 2);
    }
    opaque(&mut rgba);
    let (width, height) = if change & 2 == 0 { (width, height) } else { (height, width) };
    let Some(second) = picture(width, height, &rgba) else { panic!("{width}×{height}") };
    let other = Fingerprint::new(&second);
    let distance = (fingerprint.phash() ^ other.phash()).count_ones();
    let [near, far] = [threshold.into(), 64].map(|threshold| fingerprint.same(&other, threshold));
    assert_eq!(other.same(&fingerprint, threshold.into()), near, "the other way");
    assert!(far.is_none_or(|bits| bits == distance), "{far:?}");
    assert_eq!(near, far.filter(|&bits| bits <= threshold.into()));
}

/// `None` where a side is too short, and nothing else is wrong.
fn picture(width: u32, height: u32, rgba: &[u8]) -> Option<Picture> {
    let picture = Picture::new(width, height, rgba.to_vec());
    match &picture {
        Ok(_) => assert!(width.min(height) >= Picture::MIN_SIDE),
        Err(error) => {
            super::assert_explained(error, &["too-small"]);
            assert!(width.min(height) < Picture::MIN_SIDE);
        }
    }
    picture.ok()
}

fn opaque(rgba: &mut [u8]) {
    rgba.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
}
