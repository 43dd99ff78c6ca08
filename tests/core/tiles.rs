//! Pictures of any size from a generator whose pixels see a bounded area.

use prost::Message;
use tract_onnx::pb::{ModelProto, tensor_proto::DataType};

use nijigen::{
    Options, Picture,
    generator::{
        Generator,
        tiles::{BORDER, grid, margin},
    },
    manifest::{Entry, parse},
    options::{Draw, Limits},
    picture::normalise::{Area, Canvas, Rows, denormalise, normalise},
    pipeline::{Engine, Tile, prepare_pixels},
};

fn shipped() -> Vec<(Entry, Vec<u8>)> {
    let manifest = String::from_utf8(crate::read("models/manifest.json")).unwrap();
    let with_file = |entry: Entry| {
        let file = crate::read(&format!("models/{}", entry.file));
        (entry, file)
    };
    parse(&manifest).unwrap().into_iter().map(with_file).collect()
}

fn run(generator: &mut Generator, input: Vec<f32>, width: u32, height: u32, side: u32) -> Vec<f32> {
    let mut run = generator.start(input, width, height, side).unwrap();
    while !run.step().unwrap() {}
    run.finish().unwrap()
}

/// Grain, edges and gradients, so that every layer has something to do.
fn picture(width: u32, height: u32) -> Picture {
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        let stripe = if (x / 9 + y / 5) % 2 == 0 { 70 } else { 0 };
        let grain = i.wrapping_mul(2_654_435_761) >> 27;
        [x * 150 / width + stripe + grain, y * 150 / height + stripe, 90 + stripe + grain, 255].map(|v| v as u8)
    };
    Picture::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

/// A generator without integers, whose levels a float's last digit would decide: every weight is a little more than one.
fn in_floats(file: &[u8]) -> Vec<u8> {
    let mut proto = ModelProto::decode(file).unwrap();
    let graph = proto.graph.as_mut().unwrap();
    let mut found = 0;
    for tensor in graph.initializer.iter_mut().filter(|tensor| tensor.data_type == DataType::Int8 as i32) {
        let value = |(i, byte): (usize, &u8)| f32::from(byte.cast_signed()) + (i % 3) as f32 / 8.;
        tensor.raw_data = tensor.raw_data.iter().enumerate().map(value).flat_map(f32::to_le_bytes).collect();
        tensor.data_type = DataType::Float as i32;
        found += 1;
    }
    assert!(found > 0, "nothing is in integers");
    proto.encode_to_vec()
}

#[test]
fn tiled_equals_whole() {
    for (entry, file) in shipped() {
        let Some(margin) = margin(&entry.receptive_field, entry.multiple) else { continue };
        let mut generator = Generator::load(&in_floats(&file)).unwrap();
        // The last is more than fits, on a device that can draw more at once than others.
        for (width, height, room) in [(1800, 64, 0), (64, 1104, 0), (600, 1400, 900 * 900)] {
            if room > 0 && entry.style != "meadow" {
                continue; // styles differ in nothing that tiles depend on, and this takes long
            }
            let side = width.max(height);
            let photo = picture(width, height);
            let mut rows = Rows::default();
            rows.advance(&photo, 0, height).unwrap();
            let canvas = |left: u32, top: u32, width, height| Canvas {
                left: left as i32,
                top: top as i32,
                width,
                height,
                layout: entry.layout,
                range: entry.range,
            };
            let whole_input = normalise(&rows, &photo, &canvas(0, 0, width, height)).unwrap();
            let whole = run(&mut generator, whole_input, width, height, side);
            let [columns, lines] = grid([width, height], Some(margin), entry.multiple, room);
            assert!(columns.len() * lines.len() > 1, "{width}×{height} is not cut");
            let mut worst = 0f32;
            for line in &lines {
                for column in &columns {
                    let canvas = canvas(column.start, line.start, column.length, line.length);
                    let input = normalise(&rows, &photo, &canvas).unwrap();
                    let tile = run(&mut generator, input, canvas.width, canvas.height, side);
                    for c in 0..3 {
                        for y in line.keep_from..line.keep_to {
                            for x in column.keep_from..column.keep_to {
                                let at = |x: u32, y: u32, w: u32, h: u32| ((c * h + y) * w + x) as usize;
                                let inside = tile[at(x - column.start, y - line.start, canvas.width, canvas.height)];
                                worst = worst.max((inside - whole[at(x, y, width, height)]).abs());
                            }
                        }
                    }
                }
            }
            println!(
                "{} {width}×{height}: {} tiles, max abs difference {worst:.1e}",
                entry.id,
                columns.len() * lines.len()
            );
            assert!(worst <= 1e-5, "{}: {worst}", entry.id);
        }
    }
}

#[test]
fn the_pipeline_joins_tiles_without_a_seam() {
    let (width, height) = (1350, 90);
    let (mut entry, file) = shipped().into_iter().find(|(entry, _)| entry.id == "meadow-fast").unwrap();
    // What comes after the tiles.
    entry.detail = 0.;
    let photo = picture(width, height);
    let options = Options { draw: Draw { max_side: 2048, ..Draw::default() }, ..Options::default() };
    let prepared = prepare_pixels(photo.rgba().to_vec(), width, height, &Limits::default()).unwrap();
    let mut rendering = Engine::new(entry.clone(), &file).unwrap().begin(prepared, &options).unwrap();
    let mut last = 0.;
    while !rendering.step().unwrap() {
        assert!(rendering.progress() >= last, "progress fell");
        last = rendering.progress();
    }
    assert_eq!(rendering.progress(), 1.);
    let joined = rendering.finish().unwrap();

    // The picture, continued on every side, up to a multiple of 4.
    let before = -(BORDER as i32);
    let (w, h) = ((width + 2 * BORDER).next_multiple_of(4), (height + 2 * BORDER).next_multiple_of(4));
    let canvas = Canvas { left: before, top: before, width: w, height: h, layout: entry.layout, range: entry.range };
    let mut rows = Rows::default();
    rows.advance(&photo, 0, height).unwrap();
    let input = normalise(&rows, &photo, &canvas).unwrap();
    let whole = run(&mut Generator::load(&file).unwrap(), input, w, h, width);
    let mut wanted = photo;
    denormalise(&whole, &canvas, Area { left: 0, right: width, top: 0, bottom: height }, &mut wanted);
    let differences: Vec<u8> = joined.rgba().iter().zip(wanted.rgba()).map(|(a, b)| a.abs_diff(*b)).collect();
    let count = |least: u8| differences.iter().filter(|&&difference| difference >= least).count();
    // Sums that differ in a float's last digit give other levels here and there.
    assert!(count(2) * 1000 < differences.len() && count(5) == 0, "{} by 2 and more", count(2));
}

/// As where a GPU draws, which may fail on the way.
#[test]
fn who_draws_a_tile_makes_no_difference_and_may_change_on_the_way() {
    let (width, height) = (1350, 90);
    let (entry, file) = shipped().into_iter().find(|(entry, _)| entry.id == "meadow-fast").unwrap();
    let options = Options { draw: Draw { max_side: 2048, ..Draw::default() }, ..Options::default() };
    let photo = || prepare_pixels(picture(width, height).rgba().to_vec(), width, height, &Limits::default()).unwrap();
    let mut engine = Engine::new(entry, &file).unwrap();
    let mut here = engine.begin(photo(), &options).unwrap();
    while !here.step().unwrap() {}
    let [first_width, first_height, told, tiles] = engine.tiles(&photo(), &options);
    assert!(tiles >= 2, "{tiles} tiles");
    let mut generator = Generator::load(&file).unwrap();
    for elsewhere in [1, tiles] {
        let mut there = engine.lay_out(photo(), &options).unwrap();
        for i in 0..elsewhere {
            let Tile { values, width, height, side, share } = there.tile().unwrap();
            assert_eq!(share, 1. / tiles as f32);
            // By these a GPU's network is found again.
            assert_eq!(side, told);
            assert!(i > 0 || (width, height) == (first_width, first_height));
            assert!(there.put(&values[1..]).is_err(), "it has not the tile's size");
            assert!(there.put(&vec![f32::NAN; values.len()]).is_err());
            let drawn = run(&mut generator, values, width, height, side);
            assert_eq!(there.put(&drawn).unwrap(), i + 1 == tiles);
        }
        assert_eq!(there.is_drawn(), elsewhere == tiles);
        assert_eq!(there.tile().is_err(), there.is_drawn(), "none is left");
        while !there.step().unwrap() {}
        assert_eq!(here.difference(&there).unwrap(), 0.);
    }
    let nothing = engine.lay_out(photo(), &options).unwrap();
    assert!(here.difference(&nothing).unwrap() > 2., "a photo is no drawing");
    let narrow = prepare_pixels(picture(90, 90).rgba().to_vec(), 90, 90, &Limits::default()).unwrap();
    assert!(here.difference(&engine.lay_out(narrow, &options).unwrap()).is_err());
}

#[test]
fn a_result_in_full_size_looks_like_the_small_one() {
    let file = crate::read("tests/fixtures/photos/lake.jpg");
    let limits = Limits::default();
    let small = Options { draw: Draw { max_side: 256, ..Draw::default() }, ..Options::default() };
    let full = Options { draw: Draw { full_size: true, ..small.draw.clone() }, ..Options::default() };
    let mut engine = crate::engine();
    let photo = nijigen::pipeline::prepare(&file, &limits).unwrap();
    let render = |engine: &mut Engine, options: &Options| {
        engine.render(photo.clone(), options, |_| std::ops::ControlFlow::Continue(())).unwrap()
    };
    let (small, full) = (render(&mut engine, &small), render(&mut engine, &full));
    let original = image::load_from_memory(&file).unwrap();
    assert_eq!((full.width(), full.height()), (original.width(), original.height()));
    let reduced = nijigen::picture::resize::resize(full, small.width(), small.height()).unwrap();
    let sum: u64 = reduced.rgba().iter().zip(small.rgba()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = sum as f64 / small.rgba().len() as f64;
    assert!(mean < 4., "mean difference {mean}");
}
