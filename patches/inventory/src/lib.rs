//! As much of [inventory](https://docs.rs/inventory) 0.3 as tract calls, in its place. Any crate can add to a list, before
//! `main`, and so whatever is added is linked, wanted or not. tract lists much that only its own command line asks for:
//! transforms by name, one of which brings the whole of NNEF, its parser included; runtimes by name; settings and their
//! explanations. Those lists stay empty here, which leaves a tenth of the module out that everybody downloads. The kernels
//! that it chooses from are listed as ever.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Mutex;

/// What can be listed; [`collect!`] implements it.
pub trait Collect: Sync + Sized + 'static {
    /// False for what nobody here asks for.
    const LISTED: bool;

    fn list() -> &'static List<Self>;
}

pub struct List<T: 'static>(Mutex<Vec<&'static T>>);

impl<T> List<T> {
    #[allow(clippy::new_without_default)] // only `collect!` makes them
    pub const fn new() -> Self {
        List(Mutex::new(Vec::new()))
    }
}

/// Makes a list of all that is submitted of the type.
#[macro_export]
macro_rules! collect {
    (InventorizedRuntime) => {
        $crate::collect!(InventorizedRuntime, false);
    };
    (KnobInfo) => {
        $crate::collect!(KnobInfo, false);
    };
    (ModelTransformFactory) => {
        $crate::collect!(ModelTransformFactory, false);
    };
    (Settled) => {
        $crate::collect!(Settled, false);
    };
    ($type:ident) => {
        $crate::collect!($type, true);
    };
    ($type:ident, $listed:literal) => {
        impl $crate::Collect for $type {
            const LISTED: bool = $listed;

            fn list() -> &'static $crate::List<Self> {
                static LIST: $crate::List<$type> = $crate::List::new();
                &LIST
            }
        }
    };
}

/// Adds a constant to the list of its type, wherever this stands.
#[macro_export]
macro_rules! submit {
    ($($value:tt)*) => {
        const _: () = {
            extern "C" fn submit() {
                $crate::add(const { &{ $($value)* } });
            }

            // The functions named in this section are called before `main`, in wasm as the module is instantiated.
            #[used]
            #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = ".init_array"))]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func,mod_init_funcs"))]
            #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
            static AT_START: extern "C" fn() = submit;
        };
    };
}

/// Used by [`submit!`]. Threads of wasm instantiate the module once more, over the same memory: what they add is there.
#[inline]
pub fn add<T: Collect>(value: &'static T) {
    if T::LISTED {
        let mut list = T::list().0.lock().expect("nothing panics that holds it");
        if !list.iter().any(|&there| std::ptr::eq(there, value)) {
            list.push(value);
        }
    }
}

/// `iter::<T>` is all that was submitted of T, and can be called to the same end: a variant without a value is the one
/// thing in Rust that is both generic and a value.
#[allow(non_camel_case_types)]
pub enum All<T: 'static> {
    iter,
    Never(Infallible, PhantomData<T>),
}

pub use All::iter;

pub type Iter<T> = std::vec::IntoIter<&'static T>;

fn listed<T: Collect>() -> Iter<T> {
    T::list().0.lock().expect("nothing panics that holds it").clone().into_iter()
}

impl<T: Collect> IntoIterator for All<T> {
    type Item = &'static T;
    type IntoIter = Iter<T>;

    fn into_iter(self) -> Iter<T> {
        listed()
    }
}

impl<T: Collect> Deref for All<T> {
    type Target = fn() -> Iter<T>;

    fn deref(&self) -> &Self::Target {
        &(listed as fn() -> Iter<T>)
    }
}
