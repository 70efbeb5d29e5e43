//! The form of the tables of reasons.

/// A line of the table of reasons in `docs/plan.md`.
#[derive(Clone, Copy, Debug)]
pub struct Documented {
    pub code: &'static str,
    /// The prose, with the names of its parts in braces.
    pub prose: &'static str,
    /// The beginning of the prose of all doubts.
    pub begins: &'static str,
}

/// An enum: each line has a variant, its parts, its code and its prose.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident, $begins:literal;
     $($variant:ident $({ $($part:ident: $type:ty),* })? $code:literal $prose:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($variant $({ $($part: $type),* })?,)*
        }

        impl $name {
            fn own_code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant $({ $($part),* })? => write!(f, $prose),)*
                }
            }
        }

        pub(super) const ALL: &[crate::assess::reason::line::Documented] = &[
            $(crate::assess::reason::line::Documented { code: $code, prose: $prose, begins: $begins },)*
        ];
    };
}

pub(super) use reasons;
