-- lockgate:after 28e1ce4c3187
-- lockgate:from versions/7e90b1c2d4f5_default_level.py sha256:875c7da903610a09c28ac1c1d60a4b9f1bfeb481245a48e94f41c8c9872cd637
-- lockgate:trace counts

-- lockgate:expect count 0
UPDATE organisations SET level = 'site' WHERE id IN (SELECT id FROM organisations WHERE level IS NULL LIMIT 1000);
