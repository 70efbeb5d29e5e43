//! The tools whose migrations are programs: lockgate reads none of them, and tells by a list or by the names of files what belongs to a
//! release.

/// The table of such tools, given to a macro. A line: the variant, the word of `LOCKGATE_LAYOUT`, the name in messages, its history and
/// the columns that make an id, with a full stop between them.
macro_rules! programs {
    ($then:ident) => {
        $then! {
            Django "django" "Django" "django_migrations" ["app", "name"];
            Rails "rails" "Rails" "schema_migrations" ["version"];
            Ecto "ecto" "Ecto" "schema_migrations" ["version"];
            Knex "knex" "Knex" "knex_migrations" ["name"];
            Sequelize "sequelize" "Sequelize" "SequelizeMeta" ["name"];
        }
    };
}

macro_rules! enumeration {
    ($($program:ident $word:literal $name:literal $table:literal [$($column:literal),*];)*) => {
        /// A tool whose migrations are programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Program {
            $($program,)*
            /// Any other: its revisions are a list, and `LOCKGATE_RUNNER_TABLE` names its history.
            Listed,
        }

        impl Program {
            pub const ALL: &[Self] = &[$(Self::$program,)* Self::Listed];

            /// The word of `LOCKGATE_LAYOUT`.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$program => $word,)*
                    Self::Listed => "listed",
                }
            }

            /// The tool's name in messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$program => $name,)*
                    Self::Listed => "the runner's tool",
                }
            }

            /// Its own history and the columns of an id; none where only a setting tells.
            pub fn history(self) -> Option<(&'static str, &'static [&'static str])> {
                match self {
                    $(Self::$program => Some(($table, &[$($column),*])),)*
                    Self::Listed => None,
                }
            }
        }
    };
}

programs!(enumeration);
