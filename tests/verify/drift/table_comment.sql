-- expect: different table customers: comment
COMMENT ON TABLE customers IS 'who bought';
