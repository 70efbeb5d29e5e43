//! SQLSTATEs (PostgreSQL documentation, appendix A) and a gate's reactions to them.

/// The meaning of a refused connection or a failed session for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 57P01, 57P02, 57P03: starting up, shutting down, in recovery without hot standby.
    Starting,
    /// 53300 and similar ones: no free slot.
    Full,
    /// 25006: this server accepts no writes.
    ReadOnly,
    /// 28P01.
    Password,
    /// 28000 from PAM, LDAP or RADIUS: the password or token is not one that PostgreSQL itself checks.
    Directory,
    /// 28000: no such role, or no LOGIN.
    Role,
    /// 28000: pg_hba.conf has no matching line, or a rejecting one.
    Entry,
    /// 28000: pg_hba.conf requires a client certificate.
    ClientCertificate,
    /// 28000 from peer or ident: the operating system's account does not match.
    Account,
    /// 28000 from another authentication method.
    Method,
    /// A multi-tenant pooler does not know this tenant.
    Tenant,
    /// The server or pooler does not accept `options`, or another startup parameter.
    Parameter,
    /// 55000, 08004: the database, or a proxy in front of it, accepts no connections.
    Closed,
    /// 58P01: a library that sessions have to load is missing.
    Library,
    /// 3D000.
    DatabaseMissing,
    /// 42501.
    Privilege,
    /// 08xxx and all others: the server exists but does not serve; worth another attempt.
    Other,
}

impl Refusal {
    /// invalid_authorization_specification: another encryption may be accepted.
    pub fn is_28000(self) -> bool {
        matches!(
            self,
            Self::Directory | Self::Role | Self::Entry | Self::ClientCertificate | Self::Account | Self::Method
        )
    }

    /// The advice for this cause, if the code's own does not fit.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::Directory => Some(
                "check the password or token: the server has PAM, LDAP or RADIUS check it. A cloud's IAM token ends after some \
                 minutes; LOCKGATE_PASSWORD_COMMAND makes one for each connection",
            ),
            Self::Entry => Some(
                "add a line to pg_hba.conf for this role, database, address and encryption, or change sslmode to what the \
                 lines there ask for",
            ),
            Self::ClientCertificate => {
                Some("set sslcert and sslkey to a certificate for this role that the server's authority signed")
            }
            Self::Account => Some(
                "peer and ident let in the role of the operating system's account: run as that account, or have pg_hba.conf \
                 ask for a password (scram-sha-256)",
            ),
            Self::Method => Some("look at the server's log: it says what its authentication method found wrong"),
            Self::Tenant => Some(
                "give the user as the pooler wants it (Supabase: ROLE.PROJECT), and the pooler's host of the project's region",
            ),
            Self::Starting
            | Self::Full
            | Self::ReadOnly
            | Self::Password
            | Self::Role
            | Self::Parameter
            | Self::Closed
            | Self::Library
            | Self::DatabaseMissing
            | Self::Privilege
            | Self::Other => None,
        }
    }
}

/// Reads the error of a connection attempt: its SQLSTATE, and the server's function if that is more specific. Poolers and proxies
/// have untranslated texts of their own, and often one SQLSTATE for everything (PgBouncer 08P01, `src/proto.c`; Supavisor and
/// Neon's proxy XX000), so there the text decides.
pub fn refusal(sqlstate: &str, message: &str, routine: Option<&str>, user: &str) -> Refusal {
    match sqlstate {
        "28000" => of_28000(message, routine, user),
        _ if message.contains("Endpoint ID is not specified") => Refusal::Parameter,
        "08P01" if message.contains("unsupported startup parameter") => Refusal::Parameter,
        "XX000" if message.contains("Tenant or user not found") || message.contains("tenant/user") => Refusal::Tenant,
        "XX000" if message.contains("max clients reached") => Refusal::Full,
        "55000" | "08004" => Refusal::Closed,
        "58P01" => Refusal::Library,
        "57P01" | "57P02" | "57P03" => Refusal::Starting,
        "53300" | "53400" => Refusal::Full,
        "25006" => Refusal::ReadOnly,
        "28P01" => Refusal::Password,
        "3D000" => Refusal::DatabaseMissing,
        "42501" => Refusal::Privilege,
        "08P01" if message.contains("no such database") => Refusal::DatabaseMissing,
        "08P01" if message.contains("no such user") => Refusal::Role,
        "08P01" if message.contains("authentication failed") => Refusal::Password,
        "08P01" if message.contains("no more connections allowed") => Refusal::Full,
        // Syntax or access rule violation, invalid parameter value: no statement was sent yet, so a setting is the cause.
        "22023" => Refusal::Parameter,
        _ if sqlstate.starts_with("42") => Refusal::Parameter,
        _ => Refusal::Other,
    }
}

/// The functions are those of `src/backend/libpq/auth.c`. A failure has the same function and SQLSTATE for every method; the name
/// of the method is not translated.
fn of_28000(message: &str, routine: Option<&str>, user: &str) -> Refusal {
    match routine {
        Some("ClientAuthentication") if message.contains("pg_hba.conf") => Refusal::Entry,
        Some("ClientAuthentication") => Refusal::ClientCertificate,
        Some("auth_failed") => {
            let message = message.replace(user, "").to_ascii_lowercase();
            let has =
                |names: &[&str]| message.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| names.contains(&word));
            if has(&["pam", "ldap", "radius"]) {
                Refusal::Directory
            } else if has(&["peer", "ident"]) {
                Refusal::Account
            } else {
                Refusal::Method
            }
        }
        _ => Refusal::Role,
    }
}

/// The meaning of a script's failed statement for its revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementFailure {
    /// Another session interfered: the whole revision is rolled back and tried again.
    Contention,
    /// The server lacks a resource: disk, memory, slots.
    Resources,
    /// The server is now a standby or read-only: the run waits again.
    ReadOnly,
    /// The server shuts down or has ended this session: the run waits again.
    Shutdown,
    /// 57014: cancelled by us, by a person or by statement_timeout.
    Cancelled,
    /// 42501.
    Privilege,
    /// The statement is wrong, or the data does not fit it.
    Wrong,
}

/// Reads the error of a statement. `schema` is the schema of the object that the server names, if any.
pub fn statement_failure(sqlstate: &str, message: &str, schema: Option<&str>) -> StatementFailure {
    match sqlstate {
        "55P03" | "40P01" | "40001" => StatementFailure::Contention,
        // Two sessions created or changed the same catalog row: `tuple concurrently updated` has no SQLSTATE of its own.
        "XX000" if message.contains("tuple concurrently") => StatementFailure::Contention,
        "23505" if schema == Some("pg_catalog") => StatementFailure::Contention,
        "25006" => StatementFailure::ReadOnly,
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => StatementFailure::Shutdown,
        "57014" => StatementFailure::Cancelled,
        "42501" => StatementFailure::Privilege,
        // A file that the statement names is missing or already exists: waiting does not help.
        "58P01" | "58P02" => StatementFailure::Wrong,
        _ if sqlstate.starts_with("53") || sqlstate.starts_with("58") => StatementFailure::Resources,
        _ => StatementFailure::Wrong,
    }
}

/// True if the server's message may contain a value of a row, as for errors of data and of functions. The others name objects.
pub fn quotes_values(sqlstate: &str) -> bool {
    let names_objects =
        ["0A", "0L", "0P", "25", "28", "2B", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"];
    // A syntax error in the text of an EXECUTE quotes that text.
    sqlstate == "42601" || !sqlstate.get(..2).is_some_and(|class| names_objects.contains(&class))
}

/// The name of a condition in words, otherwise that of its class (PostgreSQL documentation, appendix A).
pub fn condition(sqlstate: &str) -> &'static str {
    match sqlstate {
        "22001" => "a value is too long",
        "22003" => "a number is out of range",
        "22004" => "a null value is not allowed",
        "22007" => "a date or time is written wrong",
        "22008" => "a date or time is out of range",
        "22012" => "division by zero",
        "22023" => "a parameter has a wrong value",
        "2201B" => "a regular expression is wrong",
        "22021" | "22P05" => "a character is not in the encoding",
        "22P02" | "22P03" => "a value does not read as its type",
        "22P04" => "a file for COPY is written wrong",
        "23502" => "a not-null constraint is violated",
        "23503" => "a foreign key is violated",
        "23505" => "a unique constraint is violated",
        "23514" => "a check constraint is violated",
        "23P01" => "an exclusion constraint is violated",
        "42601" => "a syntax error",
        "P0001" => "a function raised an exception",
        "P0002" => "a query in a function found no row",
        "P0003" => "a query in a function found more than one row",
        "P0004" => "an assertion in a function failed",
        _ => match sqlstate.get(..2).unwrap_or_default() {
            "08" => "a connection from the server failed",
            "21" => "a query returned too many rows or columns",
            "22" => "a value does not fit",
            "23" => "a constraint is violated",
            "38" | "39" => "an external routine failed",
            "44" => "a check option of a view is violated",
            "F0" => "the server's configuration is wrong",
            "HV" => "a foreign data wrapper failed",
            "P0" => "a function failed",
            "XX" => "an internal error of the server",
            _ => "the server refused it",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poolers_that_answer_08p01_are_read_by_their_text() {
        let refusal = |sqlstate, message| refusal(sqlstate, message, None, "app");
        assert_eq!(refusal("08P01", "SASL authentication failed"), Refusal::Password);
        assert_eq!(refusal("08P01", "no such database: shop"), Refusal::DatabaseMissing);
        assert_eq!(refusal("08P01", "server login failed: FATAL"), Refusal::Other);
    }

    #[test]
    fn a_method_is_known_in_every_language_and_a_users_name_is_none() {
        for (message, routine, found) in [
            ("PAM authentication failed for user \"app\"", "auth_failed", Refusal::Directory),
            ("LDAP-Authentifizierung für Benutzer »app« fehlgeschlagen", "auth_failed", Refusal::Directory),
            ("ユーザー\"app\"のRADIUS認証に失敗しました", "auth_failed", Refusal::Directory),
            ("authentification peer échouée pour l'utilisateur « app »", "auth_failed", Refusal::Account),
            ("Ident-Authentifizierung für Benutzer »app« fehlgeschlagen", "auth_failed", Refusal::Account),
            ("GSSAPI authentication failed for user \"app\"", "auth_failed", Refusal::Method),
            ("connection requires a valid client certificate", "ClientAuthentication", Refusal::ClientCertificate),
            ("Verbindung erfordert ein gültiges Client-Zertifikat", "ClientAuthentication", Refusal::ClientCertificate),
            ("kein pg_hba.conf-Eintrag für Host »::1«", "ClientAuthentication", Refusal::Entry),
            ("Rolle »app« existiert nicht", "InitializeSessionUserId", Refusal::Role),
        ] {
            assert_eq!(refusal("28000", message, Some(routine), "app"), found, "{message}");
        }
        let of_pam = refusal("28000", "GSSAPI authentication failed for user \"pam\"", Some("auth_failed"), "pam");
        assert_eq!(of_pam, Refusal::Method);
    }

    #[test]
    fn a_file_that_is_missing_is_no_scarce_resource() {
        assert_eq!(statement_failure("58P01", "could not access file", None), StatementFailure::Wrong);
        assert_eq!(statement_failure("58030", "could not write block", None), StatementFailure::Resources);
    }

    #[test]
    fn a_unique_violation_is_contention_only_in_the_catalog() {
        assert_eq!(statement_failure("23505", "duplicate key", Some("pg_catalog")), StatementFailure::Contention);
        assert_eq!(statement_failure("23505", "duplicate key", Some("public")), StatementFailure::Wrong);
    }
}
