6 statements

SELECT (SELECT COUNT(*) FROM "visit" AS c WHERE c."audience" <= ? AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND ((cc."name_sort" = ?))))) AS "number_"

SELECT c."id" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "city" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "official" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."title", c."start", c."start_earliest", c."start_latest", c."from_city_id" FROM "visit" AS c WHERE c."audience" <= ? AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND ((cc."name_sort" = ?)))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21

SELECT unhex(p.value) AS "parent_", o."id", o."key", o."participant_id", o."participant_kind", o."role" FROM json_each(?) AS p CROSS JOIN "participation" AS o WHERE o."id" IN (SELECT c."id" FROM "participation" AS c WHERE c."audience" <= ? AND c."activity_id" = unhex(p.value) ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"
