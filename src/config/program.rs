//! The tools whose migrations are programs: lockgate does not read them, and takes a release's revisions from a list or from file
//! names.

/// The table of such tools, passed to a macro. A line: the variant, the word of `LOCKGATE_LAYOUT`, the name in messages, its
/// history and the columns that form an id, separated by a full stop.
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
            /// Any other tool: its revisions are a list, and `LOCKGATE_RUNNER_TABLE` names its history.
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

            /// Its own history and the columns of an id; none if only a setting names them.
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
