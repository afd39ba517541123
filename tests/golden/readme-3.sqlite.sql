4 statements

SELECT c."id", c."name", c."language", c."population" FROM "city" AS c WHERE c."audience" <= ? AND (c."country_id" IN (SELECT cc."id" FROM "country" AS cc WHERE cc."audience" <= ? AND ((cc."key" = ?)))) ORDER BY COALESCE(c."population", -9223372036854775807) DESC, c."id" DESC LIMIT 11

SELECT l."record_id", l."language", l."name" FROM "name" AS l WHERE l."record_id" IN (SELECT unhex(value) FROM json_each(?)) AND (FALSE OR l."language" = ? OR l."language" LIKE ?)

SELECT l."record_id", l."scheme", l."value" FROM "identifier" AS l WHERE l."record_id" IN (SELECT unhex(value) FROM json_each(?)) ORDER BY l."scheme", l."value"

SELECT p.p AS "parent_", (SELECT COUNT(*) FROM "partnership" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT l."partnership_id" FROM "partnership_member" AS l WHERE l."city_id" = p.p)) AS "number_" FROM (SELECT unhex(value) AS p FROM json_each(?)) AS p
