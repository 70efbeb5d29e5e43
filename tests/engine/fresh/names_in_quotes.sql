-- Names that have to be quoted.
-- revision
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order" ("Id" int PRIMARY KEY, "from" text UNIQUE, "a.b" int CHECK ("a.b" > 0), "q""q" int);
CREATE INDEX "Idx Two" ON "My Schema"."Order" ("from", "a.b");
COMMENT ON COLUMN "My Schema"."Order"."a.b" IS 'dot';
-- revision
ALTER TABLE "My Schema"."Order" RENAME "from" TO "to";
ALTER TABLE "My Schema"."Order" DROP CONSTRAINT "Order_a.b_check";
DROP INDEX "My Schema"."Idx Two";
-- revision
ALTER TABLE "My Schema"."Order" RENAME TO "select";
CREATE VIEW "View" AS SELECT "Id", "to" FROM "My Schema"."select";
