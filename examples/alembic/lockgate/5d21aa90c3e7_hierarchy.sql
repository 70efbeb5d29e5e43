-- lockgate:after 4b77dfea8799
-- lockgate:from versions/5d21aa90c3e7_hierarchy.py sha256:72fffc3d60c2dab5765808f3909deeb32eaa26c81cca69645c6fd43bc2335f25
-- lockgate:trace blind

CREATE TYPE hierarchylevel AS ENUM ('organisation', 'group', 'site');

ALTER TABLE organisations ADD COLUMN level hierarchylevel;
