SELECT quote_ident(e.evtname), e.evtevent, e.evtfoid::regproc::text, {list:e.evttags},
    CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
    de.description, {owner:e.evtowner}
FROM pg_event_trigger e
{described:pg_event_trigger, e.oid, 0}
WHERE {own:pg_event_trigger, e.oid}
