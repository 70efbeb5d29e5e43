//! The tools whose directories of SQL files can be read as chains.

/// The table of tools, passed to a macro. A line: the variant, the tool's module in `source/layout/` and `history/beside/`, the
/// word of `LOCKGATE_LAYOUT`, the name in messages, and its history, which can be kept beside ours or not.
macro_rules! tools {
    ($then:ident) => {
        $then! {
            Prisma prisma "prisma" "Prisma" history;
            Drizzle drizzle "drizzle" "Drizzle" history;
            GolangMigrate golang_migrate "golang-migrate" "golang-migrate" history;
            Goose goose "goose" "goose" history;
            Dbmate dbmate "dbmate" "dbmate" history;
            Sqlx sqlx "sqlx" "sqlx" history;
            Flyway flyway "flyway" "Flyway" history;
            Supabase supabase "supabase" "Supabase" history;
            Diesel diesel "diesel" "diesel" history;
            Refinery refinery "refinery" "refinery" history;
            Atlas atlas "atlas" "Atlas" history;
            NodePgMigrate node_pg_migrate "node-pg-migrate" "node-pg-migrate" history;
            GraphileMigrate graphile_migrate "graphile-migrate" "graphile-migrate" history;
        }
    };
}
pub(crate) use tools;

macro_rules! enumeration {
    ($($tool:ident $module:ident $word:literal $name:literal $history:ident;)*) => {
        /// A migration tool with a layout of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Tool {
            $($tool,)*
        }

        impl Tool {
            pub const ALL: &[Self] = &[$(Self::$tool,)*];

            /// The word of `LOCKGATE_LAYOUT`.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$tool => $word,)*
                }
            }

            /// The tool's name in messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$tool => $name,)*
                }
            }

            /// True if its own history can be kept beside ours.
            pub fn has_history(self) -> bool {
                match self {
                    $(Self::$tool => stringify!($history) == "history",)*
                }
            }
        }
    };
}

tools!(enumeration);

impl Tool {
    /// Its possessive form.
    pub fn names(self) -> String {
        possessive(self.name())
    }
}

/// The possessive form of a name.
pub(super) fn possessive(name: &str) -> String {
    if name.ends_with(['s', 'x']) { format!("{name}'") } else { format!("{name}'s") }
}
