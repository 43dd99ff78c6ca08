//! One engine of the native comparison (`native.mjs`): MODEL SIDE ours|tract THREADS. For every line on standard input it
//! runs the model once on noise and prints the milliseconds and the mean size of a value.

use std::{env, io::stdin, sync::Arc, time::Instant};

use nijigen::generator::{
    Threads,
    onnx::Model,
    plan::{Plan, Run},
};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [model, side, engine, threads] = arguments.as_slice() else { panic!("MODEL SIDE ours|tract THREADS") };
    let _threads = Threads::start(threads.parse().expect("a number"));
    let side: u32 = side.parse().expect("pixels");
    let model = Model::load(&std::fs::read(model).expect("the model")).expect("a generator");
    let plan = Arc::new(Plan::with(&model, side, side, side, engine == "ours").expect("a plan"));
    // The same noise as native.py makes.
    let values: Vec<f32> =
        (0..3 * side * side).map(|i| (i.wrapping_mul(2654435761) >> 8) as f32 / 8388608. - 1.).collect();
    for _ in stdin().lines() {
        let begun = Instant::now();
        let mut run = Run::new(plan.clone(), values.clone()).expect("a run");
        while !run.step().expect("a step") {}
        let pixels = run.finish().expect("pixels");
        let sum: f64 = pixels.iter().map(|&value| f64::from(value.abs())).sum();
        println!("{} {}", begun.elapsed().as_secs_f64() * 1e3, sum / pixels.len() as f64);
    }
}
