//! Definitions that are not judged, grouped by their effects.

/// A definition that has no change in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjudged {
    DefaultPrivileges,
    ReassignOwned,
    /// GRANT or REVOKE of privileges.
    Privileges,
    /// GRANT or REVOKE of a role.
    Membership,
    AlterFunction,
    ImportForeignSchema,
    Drop,
    /// Another ALTER.
    Alter,
    Other,
}

impl Unjudged {
    /// Reads a command tag, which is the code that the server itself reports.
    pub fn of(tag: &str) -> Self {
        match tag {
            "ALTER DEFAULT PRIVILEGES" => Self::DefaultPrivileges,
            "REASSIGN OWNED" => Self::ReassignOwned,
            "GRANT" | "REVOKE" => Self::Privileges,
            "GRANT ROLE" | "REVOKE ROLE" => Self::Membership,
            "ALTER FUNCTION" | "ALTER PROCEDURE" | "ALTER ROUTINE" => Self::AlterFunction,
            "IMPORT FOREIGN SCHEMA" => Self::ImportForeignSchema,
            other => match other.split_once(' ') {
                Some(("DROP", _)) => Self::Drop,
                Some(("ALTER", _)) => Self::Alter,
                _ => Self::Other,
            },
        }
    }
}
