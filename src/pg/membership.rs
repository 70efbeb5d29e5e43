//! One rule for whose rights a role has.

/// The roles that a session acts as, and those that it is a member of, as `member(role)` of a WITH RECURSIVE. Many are members of a
/// predefined role, each for its own reason. From version 16 on a role that made another is a member of it that has none of its
/// rights and cannot become it; before, the two columns are not there, and a member is one.
pub const MEMBERS: &str = "member(role) AS (\
    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) \
    UNION SELECT m.roleid FROM member JOIN pg_catalog.pg_auth_members m \
        ON m.member OPERATOR(pg_catalog.=) member.role AND m.roleid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        AND NOT pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.@>) \
            '{\"inherit_option\": false, \"set_option\": false}'::pg_catalog.jsonb)";
