//! A repeated photo costs nothing: which pictures are kept, for how long, and what answers which photo.
//!
//! [`Policy`] decides and touches nothing: it is a state machine over small [`Record`]s, and the time
//! is handed in. A [`Store`] holds the pictures. [`Level`] ties both together where a store answers at
//! once (`Disk`); where one answers later (IndexedDB), its shell drives a [`Policy`]
//! through the same steps ([`Put`]). Pictures that already are drawings are neither looked up nor put.
//!
//! Times are milliseconds since 1970, as the computer's clock has it: it may jump.

#[cfg(any(feature = "redis", target_arch = "wasm32"))]
pub(crate) mod bands;
#[cfg(feature = "cli")]
mod disk;
#[cfg(any(feature = "cli", target_arch = "wasm32"))]
pub(crate) mod frame;
mod index;
mod key;
mod level;
#[cfg(test)]
mod memory;
mod policy;
mod put;
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod samples;
mod settings;
#[cfg(feature = "redis")]
mod shared;
mod store;
#[cfg(any(feature = "redis", target_arch = "wasm32"))]
pub(crate) mod wire;

#[cfg(feature = "cli")]
pub use disk::Disk;
pub use key::{Id, Key};
pub use level::{Found, Level};
pub use policy::{Hit, Policy, Upkeep};
pub use put::{Action, Put};
pub use record::{Life, Payload, Record};
#[cfg(feature = "redis")]
pub use redis::{Link, Redis, Servers};
pub use settings::{Settings, Since};
#[cfg(feature = "redis")]
pub use shared::{Finds, Shared};
pub use store::{Fault, Store};
