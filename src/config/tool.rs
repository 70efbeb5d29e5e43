//! The tools whose directories of SQL files can be read as chains.

/// A migration tool with a layout of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    Prisma,
    Drizzle,
    GolangMigrate,
    Goose,
    Dbmate,
    Sqlx,
    Flyway,
    Supabase,
    Diesel,
    Refinery,
    Atlas,
    NodePgMigrate,
    GraphileMigrate,
}

impl Tool {
    pub const ALL: &[Self] = &[
        Self::Prisma,
        Self::Drizzle,
        Self::GolangMigrate,
        Self::Goose,
        Self::Dbmate,
        Self::Sqlx,
        Self::Flyway,
        Self::Supabase,
        Self::Diesel,
        Self::Refinery,
        Self::Atlas,
        Self::NodePgMigrate,
        Self::GraphileMigrate,
    ];

    /// The word of `LOCKGATE_LAYOUT`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prisma => "prisma",
            Self::Drizzle => "drizzle",
            Self::GolangMigrate => "golang-migrate",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::Sqlx => "sqlx",
            Self::Flyway => "flyway",
            Self::Supabase => "supabase",
            Self::Diesel => "diesel",
            Self::Refinery => "refinery",
            Self::Atlas => "atlas",
            Self::NodePgMigrate => "node-pg-migrate",
            Self::GraphileMigrate => "graphile-migrate",
        }
    }

    /// The tool's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prisma => "Prisma",
            Self::Drizzle => "Drizzle",
            Self::Flyway => "Flyway",
            Self::Supabase => "Supabase",
            Self::Atlas => "Atlas",
            Self::GolangMigrate
            | Self::Goose
            | Self::Dbmate
            | Self::Sqlx
            | Self::Diesel
            | Self::Refinery
            | Self::NodePgMigrate
            | Self::GraphileMigrate => self.word(),
        }
    }

    /// True where its own history can be kept beside ours.
    pub fn has_history(self) -> bool {
        !matches!(self, Self::Atlas)
    }

    /// Its possessive form.
    pub fn names(self) -> String {
        let name = self.name();
        if name.ends_with(['s', 'x']) { format!("{name}'") } else { format!("{name}'s") }
    }
}
