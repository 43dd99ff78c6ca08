//! A repeated photo costs nothing: which pictures are kept, for how long, and what answers which photo.
//!
//! [`Policy`] decides and touches nothing: it is a state machine over small [`Record`]s, and the time
//! is handed in. A [`Store`] holds the pictures. [`Level`] ties both together where a store answers at
//! once ([`Memory`], `Disk`); where one answers later (IndexedDB), its shell drives a [`Policy`]
//! through the same steps. Pictures that already are drawings are neither looked up nor put.
//!
//! Times are milliseconds since 1970, as the computer's clock has it: it may jump.

#[cfg(feature = "cli")]
mod disk;
#[cfg(feature = "cli")]
mod frame;
mod index;
mod key;
mod level;
mod memory;
mod policy;
mod record;
#[cfg(test)]
mod samples;
mod settings;
mod store;

#[cfg(feature = "cli")]
pub use disk::Disk;
pub use index::Likeness;
pub use key::{Id, Key};
pub use level::{Found, Level};
pub use memory::Memory;
pub use policy::{Hit, Policy, Upkeep};
pub use record::{Life, Record};
pub use settings::{Settings, Since};
pub use store::{Fault, Payload, Store};
