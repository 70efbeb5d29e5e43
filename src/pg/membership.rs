//! The roles whose rights a role has.

/// The session's roles and those of which they are members, as `member(role)` of a WITH RECURSIVE. Predefined roles are left out:
/// many roles are members of one for unrelated reasons. Since version 16 a role that created another is a member of it without
/// its rights, and cannot become it; earlier versions lack the two columns, and every member counts.
pub const MEMBERS: &str = "member(role) AS (\
    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) \
    UNION SELECT m.roleid FROM member JOIN pg_catalog.pg_auth_members m \
        ON m.member OPERATOR(pg_catalog.=) member.role AND m.roleid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        AND NOT pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.@>) \
            '{\"inherit_option\": false, \"set_option\": false}'::pg_catalog.jsonb)";
