6 statements

SELECT (SELECT COUNT(*) FROM "visit" AS c WHERE c."audience" <= ? AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND ((cc."name_sort" = ?))))) AS "number_"

SELECT c."id", c."key", c."name", c."name_sort", c."language", c."kind", c."city_id", c."country_id", c."parent_id", c."founded", c."founded_earliest", c."founded_latest", c."dissolved", c."dissolved_earliest", c."dissolved_latest", c."note", c."visibility", c."audience", c."version", c."created_at", c."updated_at" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."key", c."name", c."name_sort", c."language", c."kind", c."country_id", c."parent_id", c."latitude", c."longitude", c."population", c."note", c."visibility", c."audience", c."version", c."created_at", c."updated_at" FROM "city" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."key", c."name", c."name_sort", c."language", c."note", c."visibility", c."audience", c."version", c."created_at", c."updated_at" FROM "official" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."key", c."title", c."title_sort", c."language", c."kind", c."start", c."start_earliest", c."start_latest", c."end", c."end_earliest", c."end_latest", c."from_country_id", c."from_city_id", c."to_country_id", c."to_city_id", c."purpose", c."note", c."visibility", c."audience", c."version", c."created_at", c."updated_at" FROM "visit" AS c WHERE c."audience" <= ? AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND ((cc."name_sort" = ?)))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21

SELECT unhex(p.value) AS "parent_", o."id", o."key", o."activity_id", o."activity_kind", o."participant_id", o."participant_kind", o."role", o."status", o."note", o."visibility", o."audience", o."version", o."created_at", o."updated_at" FROM json_each(?) AS p CROSS JOIN "participation" AS o WHERE o."id" IN (SELECT c."id" FROM "participation" AS c WHERE c."audience" <= ? AND c."activity_id" = unhex(p.value) ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"
