-- The clones on partitions and those of constraints come with what they are of.
SELECT r.name || '.' || quote_ident(t.tgname), pg_get_triggerdef(t.oid, true),
    CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
    de.description
FROM rel r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgparentid = 0
{described:pg_trigger, t.oid, 0}
