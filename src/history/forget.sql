DELETE FROM ONLY {table} WHERE id IN (SELECT e.id FROM ONLY {table} e ORDER BY e.last_at DESC, e.id DESC OFFSET {most})
