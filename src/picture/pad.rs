//! The tensor's sides, and which pixel stands behind its padding.

/// Sides of a tensor that are smaller than this leave a generator's inner layers nothing to reflect.
const MIN_SIDE: u32 = 32;

/// The sides of the tensor for a picture: the next multiples of `multiple`, in pixels.
pub fn padded(width: u32, height: u32, multiple: u32) -> (u32, u32) {
    let up = |side: u32| side.max(MIN_SIDE).next_multiple_of(multiple.max(1));
    (up(width), up(height))
}

/// The position in `0..length` that position `i` of a row shows when it is continued by reflection
/// without repeating the last pixel (`d c b | a b c d | c b a`), over and over where it must.
pub fn reflect(i: isize, length: usize) -> usize {
    if length == 1 {
        return 0;
    }
    let period = 2 * (length - 1);
    let i = i.unsigned_abs() % period;
    i.min(period - i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reflection_turns_at_both_ends() {
        let row: Vec<usize> = (0..9).map(|i| reflect(i, 4)).collect();
        assert_eq!(row, [0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!((-4..0).map(|i| reflect(i, 4)).collect::<Vec<_>>(), [2, 3, 2, 1]);
        assert_eq!(reflect(5, 1), 0);
    }

    #[test]
    fn sides_are_multiples() {
        assert_eq!(padded(33, 64, 32), (64, 64));
        assert_eq!(padded(1, 1023, 4), (32, 1024));
    }
}
