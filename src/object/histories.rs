//! The tables in which lockgate and other migration tools record their work. They belong to no chain.

/// The usual names of such tables; a chain's own table of one of these names is ignored.
const OF_TOOLS: &[&str] = &[
    "alembic_version",
    "_prisma_migrations",
    "schema_migrations",
    "ar_internal_metadata",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "goose_db_version",
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
    "django_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "SequelizeMeta",
    "pgmigrations",
    "__drizzle_migrations",
    "atlas_schema_revisions",
    "gorp_migrations",
    "__EFMigrationsHistory",
    "doctrine_migration_versions",
    "mikro_orm_migrations",
    "typeorm_migrations",
    "schema_version",
];

/// The usual name of lockgate's own table, which another chain may have here, and the configured `history`.
pub fn names(history: &str) -> Vec<String> {
    let own = ["lockgate_history", history].into_iter().filter(|name| !name.is_empty());
    let own = own.flat_map(|name| [name.to_owned(), format!("{name}_events")]);
    own.chain(OF_TOOLS.iter().map(|name| (*name).to_owned())).collect()
}
