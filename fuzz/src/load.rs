//! A user's model: an engine that draws a small picture, or why it is no generator.

use std::ops::ControlFlow;

use nijigen::{
    Options,
    generator::ranges,
    options::Limits,
    pipeline::{Engine, prepare_pixels},
};

use super::assert_explained;

const WIDTH: u32 = 40;
const HEIGHT: u32 = 24;

pub fn check(model: &[u8]) {
    let mut engine = match Engine::for_user_model("fuzz", model, None) {
        Ok(engine) => engine,
        Err(error) => return assert_explained(&error, &["bad-model"]),
    };
    let range = engine.entry().range;
    assert!(ranges::ALL.contains(&range), "{range:?}");
    let rgba: Vec<u8> = (0..WIDTH * HEIGHT).flat_map(|i| [i as u8, 99, (i / WIDTH) as u8, (i % 251) as u8]).collect();
    let photo = prepare_pixels(rgba.clone(), WIDTH, HEIGHT, &Limits::default()).unwrap();
    match engine.render(photo, &Options::default(), |_| ControlFlow::Continue(())) {
        Ok(picture) => {
            assert!(picture.width() <= WIDTH && picture.height() <= HEIGHT);
            if (picture.width(), picture.height()) == (WIDTH, HEIGHT) {
                let alpha = |rgba: &[u8]| rgba.iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
                assert_eq!(alpha(picture.rgba()), alpha(&rgba));
            }
        }
        // One that runs at one size need not at another.
        Err(error) => assert_explained(&error, &["bad-model"]),
    }
}
