//! The text of a script: in memory, or, where it is large, in its file until somebody looks at it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A text that is read again where it is wanted.
pub trait Away: fmt::Debug + Send + Sync {
    /// In bytes.
    fn size(&self) -> usize;

    /// Gives all of it, a part at a time.
    ///
    /// # Errors
    /// It is not what it was when it was read first: then nothing that was given counts.
    fn pass(&self, take: &mut dyn FnMut(&str)) -> Result<(), Changed>;
}

/// Why a text cannot be had once more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Changed {
    #[error("it changed after it was first read: start again")]
    Differs,
    #[error("it cannot be read again: {0}")]
    Unreadable(String),
}

/// Stands for a text that cannot be had: the grammar refuses it, and no script has its checksum.
const NONE: &str = "this script changed after it was first read";

/// Reads as a `str`. One that is away is then read, and stays: whoever looks at many takes [`Text::once`].
#[derive(Clone, Debug)]
pub struct Text {
    held: OnceLock<String>,
    away: Option<Arc<dyn Away>>,
}

impl Text {
    pub fn away(away: Arc<dyn Away>) -> Self {
        Self { held: OnceLock::new(), away: Some(away) }
    }

    /// The way to it, as long as nobody has read it.
    pub fn is_away(&self) -> Option<&dyn Away> {
        if self.held.get().is_some() { None } else { self.away.as_deref() }
    }

    /// Reads it, so that it can be looked at.
    ///
    /// # Errors
    /// It is not what it was.
    pub fn hold(&self) -> Result<(), Changed> {
        if let Some(away) = self.is_away() {
            // Another thread may have been faster, with the same text.
            let _ = self.held.set(whole(away)?);
        }
        if **self == *NONE { Err(Changed::Differs) } else { Ok(()) }
    }

    /// One look at it, which keeps nothing. Where it cannot be had it looks like no script.
    pub fn once<T>(&self, look: impl FnOnce(&str) -> T) -> T {
        look(&self.read().unwrap_or(Cow::Borrowed(NONE)))
    }

    /// The text, which is not kept.
    ///
    /// # Errors
    /// It is not what it was.
    pub fn read(&self) -> Result<Cow<'_, str>, Changed> {
        match self.is_away() {
            Some(away) => Ok(Cow::Owned(whole(away)?)),
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

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { held: OnceLock::from(text), away: None }
    }
}
