//! The text of a script: in memory, or, if it is large, in its file until it is needed.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use super::scan::{self, Kind, Parts};
use super::written::{Filling, Written};

/// A text that is read again when it is needed.
pub trait Away: fmt::Debug + Send + Sync {
    /// The size in bytes.
    fn size(&self) -> usize;

    /// Passes on the complete text in parts.
    ///
    /// # Errors
    /// The text has changed since it was first read: the parts do not count.
    fn pass(&self, take: &mut dyn FnMut(&str)) -> Result<(), Changed>;

    /// A part of the text, by its bytes.
    ///
    /// # Errors
    /// The text has changed there.
    fn part(&self, range: Range<usize>) -> Result<String, Changed>;
}

/// The reason why a text is not available again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Changed {
    #[error("it changed after it was first read: start again")]
    Differs,
    #[error("it cannot be read again: {0}")]
    Unreadable(String),
}

/// Replaces a text that is not available: the grammar refuses it, and no script has its checksum.
const NONE: &str = "this script changed after it was first read";

/// Dereferences to a `str`. A text in its file is then read and kept; a caller with many texts uses [`Text::once`].
#[derive(Clone, Debug)]
pub struct Text {
    held: OnceLock<String>,
    away: Option<Arc<dyn Away>>,
    written: Option<Arc<Written>>,
}

impl Text {
    pub fn away(away: Arc<dyn Away>) -> Self {
        Self { held: OnceLock::new(), away: Some(away), written: None }
    }

    /// A text with values put in.
    pub fn filled(filling: Filling<'_>) -> Self {
        let (text, written) = filling.end();
        Self { written: written.map(Arc::new), ..Self::from(text) }
    }

    /// The text before values were put in, if there are any.
    pub fn written(&self) -> Option<&Written> {
        self.written.as_deref()
    }

    /// The access to the file, until the text is read.
    pub fn is_away(&self) -> Option<&Arc<dyn Away>> {
        if self.held.get().is_some() { None } else { self.away.as_ref() }
    }

    /// Reads the text into memory.
    ///
    /// # Errors
    /// The text has changed.
    pub fn hold(&self) -> Result<(), Changed> {
        if let Some(away) = self.is_away() {
            // Another thread may have been faster, with the same text.
            let _ = self.held.set(whole(away.as_ref())?);
        }
        if **self == *NONE { Err(Changed::Differs) } else { Ok(()) }
    }

    /// Passes the text to `look` without keeping it. A text that is not available looks like an invalid script.
    pub fn once<T>(&self, look: impl FnOnce(&str) -> T) -> T {
        look(&self.read().unwrap_or(Cow::Borrowed(NONE)))
    }

    /// Passes on the pieces of the text, without a BOM, and without keeping it.
    ///
    /// # Errors
    /// The text has changed: the pieces do not count.
    pub fn pieces(&self, take: &mut dyn FnMut(Kind, &str)) -> Result<(), Changed> {
        let Some(away) = self.is_away() else {
            scan::pieces(self, take);
            return Ok(());
        };
        let (mut parts, mut is_first) = (Parts::default(), true);
        away.pass(&mut |part| {
            let part = if std::mem::take(&mut is_first) { scan::without_bom(part) } else { part };
            parts.take(part, &mut *take);
        })?;
        parts.end(take);
        Ok(())
    }

    /// The text, which is not kept.
    ///
    /// # Errors
    /// The text has changed.
    pub fn read(&self) -> Result<Cow<'_, str>, Changed> {
        match self.is_away() {
            Some(away) => Ok(Cow::Owned(whole(away.as_ref())?)),
            None if **self == *NONE => Err(Changed::Differs),
            None => Ok(Cow::Borrowed(self)),
        }
    }
}

fn whole(away: &dyn Away) -> Result<String, Changed> {
    let mut text = String::with_capacity(away.size());
    away.pass(&mut |part| text.push_str(part))?;
    Ok(text)
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.held.get_or_init(|| match &self.away {
            Some(away) => whole(away.as_ref()).unwrap_or_else(|_| NONE.to_owned()),
            None => String::new(),
        })
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other && self.written == other.written
    }
}

impl Eq for Text {}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { held: OnceLock::from(text), away: None, written: None }
    }
}
