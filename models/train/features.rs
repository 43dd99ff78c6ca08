//! Reads the names of pictures, one a line, and writes for each what [`drawn`] judges it by, as little-endian f32.
//! A picture that cannot be read gives NaN.

use std::{
    fs,
    io::{self, Write},
};

use nijigen::{fingerprint::drawn, options::Limits, picture::decode::decode};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout());
    for name in io::stdin().lines() {
        let picture = decode(&fs::read(name?)?, &Limits::default());
        let features = picture.and_then(|picture| drawn::features(&picture)).unwrap_or(vec![f32::NAN; drawn::FEATURES]);
        features.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
    }
    out.flush()
}
