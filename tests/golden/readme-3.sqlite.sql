4 statements

SELECT "o"."record_id", "o"."language", "o"."name", "o"."kind", "o"."period" FROM "name" AS "o" WHERE "o"."record_id" IN (SELECT unhex("list"."value") AS "id" FROM json_each(?) AS "list") AND ("o"."language" = ? OR "o"."language" LIKE ?)

SELECT "o"."scheme", "o"."value", "o"."record_id" FROM "identifier" AS "o" WHERE "o"."record_id" IN (SELECT unhex("list"."value") AS "id" FROM json_each(?) AS "list") ORDER BY "o"."scheme" ASC, "o"."value" ASC

SELECT "parent"."parent", (SELECT COUNT(*) FROM "partnership" AS "t" WHERE "t"."audience" <= ? AND "t"."id" IN (SELECT "link"."partnership_id" FROM "partnership_member" AS "link" WHERE "link"."city_id" = "parent"."parent")) FROM (SELECT unhex("list"."value") AS "parent" FROM json_each(?) AS "list") AS "parent"

SELECT "t"."id", "t"."name", "t"."language", "t"."population" FROM "city" AS "t" WHERE "t"."audience" <= ? AND "t"."country_id" IN (SELECT "t1"."id" FROM "country" AS "t1" WHERE "t1"."audience" <= ? AND "t1"."key" = ?) ORDER BY COALESCE("t"."population", -9223372036854775807) DESC, "t"."id" DESC LIMIT 11
