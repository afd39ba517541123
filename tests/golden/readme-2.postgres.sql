4 statements

SELECT "item"."id", "item"."title", "item"."start", "item"."start_earliest", "item"."start_latest", "item"."from_city_id", "j1"."id", "j1"."name" FROM (SELECT "t"."id", "t"."title", "t"."start", "t"."start_earliest", "t"."start_latest", "t"."from_city_id" FROM "visit" AS "t" WHERE "t"."audience" <= $1 AND "t"."to_city_id" IN (SELECT "t1"."id" FROM "city" AS "t1" WHERE "t1"."audience" <= $2 AND "t1"."name_sort" = $3) ORDER BY "t"."start_latest" DESC, "t"."id" DESC LIMIT 21) AS "item" LEFT JOIN "city" AS "j1" ON "j1"."id" = "item"."from_city_id" AND "j1"."audience" <= $4 ORDER BY "item"."start_latest" DESC, "item"."id" DESC

SELECT "parent"."parent", "item"."id", "item"."key", "item"."participant_id", "item"."participant_kind", "item"."role", "j1"."id", "j1"."name" FROM unnest($1) AS "parent" INNER JOIN LATERAL (SELECT "t"."id", "t"."key", "t"."participant_id", "t"."participant_kind", "t"."role" FROM "participation" AS "t" WHERE "t"."audience" <= $2 AND "t"."activity_id" = "parent"."parent" ORDER BY "t"."key" ASC, "t"."id" ASC LIMIT 21) AS "item" ON TRUE LEFT JOIN "official" AS "j1" ON "j1"."id" = (CASE WHEN ("item"."participant_kind" = 'official') THEN "item"."participant_id" END) AND "j1"."audience" <= $3 ORDER BY "item"."key" ASC, "item"."id" ASC

SELECT "t"."id" FROM "organization" AS "t" WHERE "t"."audience" <= $1 AND "t"."id" = ANY($2)

SELECT (SELECT COUNT(*) FROM "visit" AS "t" WHERE "t"."audience" <= $1 AND "t"."to_city_id" IN (SELECT "t1"."id" FROM "city" AS "t1" WHERE "t1"."audience" <= $2 AND "t1"."name_sort" = $3))
