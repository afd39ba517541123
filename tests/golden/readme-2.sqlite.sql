4 statements

SELECT "item"."id", "item"."title", "item"."start", "item"."start_earliest", "item"."start_latest", "item"."from_city_id", "j1"."id", "j1"."name" FROM (SELECT "t"."id", "t"."title", "t"."start", "t"."start_earliest", "t"."start_latest", "t"."from_city_id" FROM "visit" AS "t" WHERE "t"."audience" <= ? AND "t"."to_city_id" IN (SELECT "t1"."id" FROM "city" AS "t1" WHERE "t1"."audience" <= ? AND "t1"."name_sort" = ?) ORDER BY "t"."start_latest" DESC, "t"."id" DESC LIMIT 21) AS "item" LEFT JOIN "city" AS "j1" ON "j1"."id" = "item"."from_city_id" AND "j1"."audience" <= ? ORDER BY "item"."start_latest" DESC, "item"."id" DESC

SELECT "parent"."parent", "item"."id", "item"."key", "item"."participant_id", "item"."participant_kind", "item"."role", "j1"."id", "j1"."name" FROM (SELECT unhex("list"."value") AS "parent" FROM json_each(?) AS "list") AS "parent" CROSS JOIN "participation" AS "item" LEFT JOIN "official" AS "j1" ON "j1"."id" = (CASE WHEN ("item"."participant_kind" = 'official') THEN "item"."participant_id" END) AND "j1"."audience" <= ? WHERE "item"."id" IN (SELECT "t"."id" FROM "participation" AS "t" WHERE "t"."audience" <= ? AND "t"."activity_id" = "parent"."parent" ORDER BY "t"."key" ASC, "t"."id" ASC LIMIT 21) ORDER BY "item"."key" ASC, "item"."id" ASC

SELECT "t"."id" FROM "organization" AS "t" WHERE "t"."audience" <= ? AND "t"."id" IN (SELECT unhex("list"."value") AS "id" FROM json_each(?) AS "list")

SELECT (SELECT COUNT(*) FROM "visit" AS "t" WHERE "t"."audience" <= ? AND "t"."to_city_id" IN (SELECT "t1"."id" FROM "city" AS "t1" WHERE "t1"."audience" <= ? AND "t1"."name_sort" = ?))
