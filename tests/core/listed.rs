//! What stands in for the inventory library (patches/inventory).

/// As tract does, the types and what is listed of them lie in different places.
mod elsewhere {
    pub struct Flag(pub char);
    pub struct Settled;
    inventory::collect!(Flag);
    inventory::collect!(Settled);
    inventory::submit! { Flag('a') }
}

use elsewhere::{Flag, Settled};

inventory::submit! { Flag('b') }
inventory::submit! { Settled }

#[test]
fn all_that_is_submitted_is_listed_once() {
    inventory::add(inventory::iter::<Flag>().next().expect("two flags"));
    let mut letters: Vec<char> = inventory::iter::<Flag>.into_iter().map(|flag| flag.0).collect();
    letters.sort();
    assert_eq!(letters, ['a', 'b']);
}

#[test]
fn what_nobody_asks_for_is_not() {
    assert_eq!(inventory::iter::<Settled>().count(), 0);
}
