//! Everything that can go wrong, each with a stable code and a sentence for the person who sees it.

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. `Display` is a sentence that helps; [`Error::code`] never changes its spelling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are no picture that this program reads, or the wished format none that it writes.
    #[error("{0}")]
    UnsupportedFormat(String),
    /// The file or the picture is over a limit of [`crate::options::Limits`].
    #[error("{0}")]
    TooLarge(String),
    /// The picture has too few pixels for a generator to draw anything.
    #[error("The picture is only {width}×{height} pixels. Choose one with at least {min} on each side.")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The smallest side accepted.
        min: u32,
    },
    /// The format is known, but the data is damaged or ends too early.
    #[error("The picture is damaged: {0}. Try to save or download it again.")]
    CorruptImage(String),
    /// The ONNX file is no generator this program can run, or not the one that was promised.
    #[error("This model cannot be used: {0}.")]
    BadModel(String),
    /// An allocation failed.
    #[error("There is not enough memory for this picture. Choose a smaller output size, or close other programs.")]
    OutOfMemory,
    /// The caller asked to stop.
    #[error("The conversion was cancelled.")]
    Cancelled,
    /// A fault of ours.
    #[error("Something went wrong inside Nijigen: {0}. The next conversion starts afresh.")]
    Internal(String),
}

impl Error {
    /// The stable code: what programs compare, and what messages in other languages are chosen by.
    pub fn code(&self) -> &'static str {
        match self {
            Error::UnsupportedFormat(_) => "unsupported-format",
            Error::TooLarge(_) => "too-large",
            Error::TooSmall { .. } => "too-small",
            Error::CorruptImage(_) => "corrupt-image",
            Error::BadModel(_) => "bad-model",
            Error::OutOfMemory => "out-of-memory",
            Error::Cancelled => "cancelled",
            Error::Internal(_) => "internal",
        }
    }
}

/// A model that cannot be used, and why.
pub(crate) fn bad(why: String) -> Error {
    Error::BadModel(why)
}

impl From<std::collections::TryReserveError> for Error {
    fn from(_: std::collections::TryReserveError) -> Self {
        Error::OutOfMemory
    }
}
