//! Least squares with few unknowns.

/// The `x` that minimises `Σ (a·x − b)² + ridge·|x|²` over rows `(a, b)`, by Cholesky's method. An unknown
/// that the rows say nothing about is 0.
pub(super) fn fit<const N: usize>(rows: impl Iterator<Item = ([f32; N], f32)>, ridge: f32) -> [f32; N] {
    let (mut matrix, mut x) = ([[0f32; N]; N], [0f32; N]);
    for (a, b) in rows {
        for i in 0..N {
            x[i] += a[i] * b;
            (0..=i).for_each(|j| matrix[i][j] += a[i] * a[j]);
        }
    }
    for i in 0..N {
        matrix[i][i] += ridge;
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum::<f32>();
            matrix[i][j] = if i == j { rest.max(0.).sqrt() } else { quotient(rest, matrix[j][j]) };
        }
    }
    for i in 0..N {
        x[i] = quotient(x[i] - (0..i).map(|k| matrix[i][k] * x[k]).sum::<f32>(), matrix[i][i]);
    }
    for i in (0..N).rev() {
        x[i] = quotient(x[i] - (i + 1..N).map(|k| matrix[k][i] * x[k]).sum::<f32>(), matrix[i][i]);
    }
    x
}

fn quotient(a: f32, b: f32) -> f32 {
    if b > 0. { a / b } else { 0. }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_unknowns() {
        let rows = (0..20).map(|i| {
            let (x, y) = ((i % 5) as f32, (i / 5) as f32);
            ([1., x, y], 3. - 2. * x + 0.5 * y)
        });
        let found = fit(rows, 0.);
        assert!(found.iter().zip([3., -2., 0.5]).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?}");
        assert_eq!(fit([([1., 0.], 2.)].into_iter(), 0.), [2., 0.]);
    }
}
