-- An INSERT fires a function that makes a table.
-- revision
CREATE TABLE tenants (name text);
CREATE FUNCTION provision() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('CREATE TABLE %I (id int)', 'tenant_' || NEW.name); RETURN NEW; END $$;
CREATE TRIGGER provisioning AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION provision();
-- revision
INSERT INTO tenants VALUES ('one');
-- revision
CREATE TABLE IF NOT EXISTS tenant_one (id int, more text);
ALTER TABLE tenant_one ADD COLUMN x int;
