//! What tabs tell each other of the database that they share.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::{
    super::interop::{number, object_of, property},
    entry::Stored,
};

pub enum News {
    Stored {
        record: String,
        /// In ms since 1970.
        created: u64,
    },
    /// An entry has answered; with its new record.
    Used(Stored),
    /// By their ids.
    Removed(Vec<String>),
    /// All that were made until then, in ms since 1970.
    Cleared(u64),
}

impl News {
    /// Nothing where a tab of another version says something else.
    fn read(said: &JsValue) -> Option<News> {
        let of = |name: &str| property(said, name);
        if let Some(record) = of("stored").as_string() {
            return Some(News::Stored { record, created: of("created").as_f64()? as u64 });
        }
        if let Some(removed) = of("removed").dyn_ref::<Array>() {
            return Some(News::Removed(removed.iter().filter_map(|id| id.as_string()).collect()));
        }
        if let Some(cleared) = of("cleared").as_f64() {
            return Some(News::Cleared(cleared as u64));
        }
        let used = |name: &str| property(&of("used"), name).as_string();
        Some(News::Used(Stored { id: used("id")?, record: used("record")? }))
    }
}

/// None where the page may store nothing, as in Firefox with cookies blocked, which refuses it.
pub struct Channel(Option<BroadcastChannel>);

impl Channel {
    pub fn open() -> Channel {
        Channel(BroadcastChannel::new("nijigen-cache").ok())
    }

    pub fn tell(&self, news: &News) {
        let Some(channel) = &self.0 else { return };
        let said = match news {
            News::Stored { record, created } => object_of(&[("stored", record.into()), ("created", number(*created))]),
            News::Used(entry) => object_of(&[("used", entry.object().into())]),
            News::Removed(ids) => object_of(&[("removed", ids.clone().into())]),
            News::Cleared(when) => object_of(&[("cleared", number(*when))]),
        };
        // Where it is refused, another tab learns it at its next start.
        drop(channel.post_message(&said));
    }

    /// As long as the worker lives.
    pub fn listen(&self, hear: impl Fn(News) + 'static) {
        let Some(channel) = &self.0 else { return };
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(news) = News::read(&event.data()) {
                hear(news);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
    }
}
