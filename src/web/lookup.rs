//! The order of looking up, driven here; the steps themselves are the shell's.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::interop::{caught, object, parsed};
use crate::{
    lookup::{Lookup, Step},
    objects::CacheMode,
};

/// Takes one photo through all steps, each once the one before is done. `take` carries a step out, and says whether the
/// answer is yes where it is a question; what it throws ends the way.
#[wasm_bindgen]
pub async fn look_up(
    #[wasm_bindgen(unchecked_param_type = "CacheMode")] mode: JsValue,
    #[wasm_bindgen(unchecked_param_type = "(step: Exclude<Step, 'answer'>) => Promise<boolean>")] take: Function,
) -> Result<(), JsValue> {
    let way = async {
        let mut lookup = Lookup::new(parsed::<CacheMode>(&mode, "cache's mode")?.into());
        let mut step = lookup.next(false);
        while step != Step::Answer {
            let taken = take.call1(&JsValue::UNDEFINED, &object(&step))?;
            let yes = JsFuture::from(Promise::resolve(&taken)).await?;
            step = lookup.next(yes.is_truthy());
        }
        Ok(())
    };
    caught(way).await
}
