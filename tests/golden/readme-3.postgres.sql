4 statements

SELECT "o"."record_id", "o"."language", "o"."name", "o"."kind", "o"."period" FROM "name" AS "o" WHERE "o"."record_id" = ANY($1) AND ("o"."language" = $2 OR "o"."language" LIKE $3)

SELECT "o"."scheme", "o"."value", "o"."record_id" FROM "identifier" AS "o" WHERE "o"."record_id" = ANY($1) ORDER BY "o"."scheme" ASC, "o"."value" ASC

SELECT "parent"."parent", (SELECT COUNT(*) FROM "partnership" AS "t" WHERE "t"."audience" <= $1 AND "t"."id" IN (SELECT "link"."partnership_id" FROM "partnership_member" AS "link" WHERE "link"."city_id" = "parent"."parent")) FROM unnest($2) AS "parent"

SELECT "t"."id", "t"."name", "t"."language", "t"."population" FROM "city" AS "t" WHERE "t"."audience" <= $1 AND "t"."country_id" IN (SELECT "t1"."id" FROM "country" AS "t1" WHERE "t1"."audience" <= $2 AND "t1"."key" = $3) ORDER BY COALESCE("t"."population", -9223372036854775807) DESC, "t"."id" DESC LIMIT 11
