//! Statements: built by sea-query. What the two databases write differently is here, and only here.

use std::fmt::{self, Write};

use sea_orm::{
    DbBackend, ExprTrait, Statement, Value,
    sea_query::{
        ArrayType, BinOper, Expr, Func, PostgresQueryBuilder, Query, QueryBuilder, QueryStatementWriter,
        SelectStatement, SqlWriter, SqlWriterValues, SqliteQueryBuilder, extension::postgres::PgFunc,
    },
};
use uuid::Uuid;

/// The alias of the table that holds the parents of a list, and of its only column.
pub(super) const PARENT: &str = "parent";

/// The aliases of tables inside of conditions, by depth.
pub(super) const TABLES: [&str; 9] = ["t", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"];
/// The aliases of tables that are joined to a row.
pub(super) const JOINS: [&str; 6] = ["j1", "j2", "j3", "j4", "j5", "j6"];

/// A column of a table's alias.
pub(super) fn column(alias: &'static str, name: &'static str) -> Expr {
    Expr::col((alias, name))
}

/// The statement of a query, with its values as parameters.
#[must_use]
pub fn build(backend: DbBackend, query: &impl QueryStatementWriter) -> Statement {
    let (sql, values) = match backend {
        DbBackend::Postgres => write(PostgresQueryBuilder, query),
        _ => write(SqliteQueryBuilder, query),
    };
    Statement { sql, values: Some(values), db_backend: backend }
}

fn write<B: QueryBuilder>(builder: B, query: &impl QueryStatementWriter) -> (String, sea_orm::Values) {
    let (placeholder, numbered) = builder.placeholder();
    let mut writer = Writer(SqlWriterValues::new(placeholder, numbered));
    query.build_collect_into(builder, &mut writer);
    writer.0.into_parts()
}

/// Binds all values but limits. `PostgreSQL` plans a statement once for all values, and for an unknown limit it plans to
/// read a tenth of the table.
struct Writer(SqlWriterValues);

impl Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl SqlWriter for Writer {
    fn push_param<B: QueryBuilder>(&mut self, value: Value, builder: &B) {
        // Of all values, only limits are unsigned.
        if let Value::BigUnsigned(Some(limit)) = value {
            // Writing into a text cannot fail.
            let _ = write!(self.0, "{limit}");
        } else {
            self.0.push_param(value, builder);
        }
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}

/// `IS NOT DISTINCT FROM` is `=` for which `NULL` is a value like others; sea-query has no name for it.
const IS_NOT_DISTINCT_FROM: BinOper = BinOper::Custom("IS NOT DISTINCT FROM");

/// Whether two expressions have the same value, or both have none. For `PostgreSQL`, which cannot hash that, their texts are
/// compared first.
pub(super) fn is_same(backend: DbBackend, one: Expr, other: Expr) -> Expr {
    let text = |of: &Expr| Func::coalesce([of.clone().cast_as("text"), Expr::Constant("".into())]);
    let hashed = (backend == DbBackend::Postgres).then(|| Expr::from(text(&one)).eq(text(&other)));
    let same = one.binary(IS_NOT_DISTINCT_FROM, other);
    hashed.map_or(same.clone(), |hashed| hashed.and(same))
}

/// The first and the last day of the years 1 to 9999, of whose days both databases know the month.
pub(super) const YEARS: (i32, i32) = (-719_162, 2_932_896);

/// The month of a day of these years and its day of the month, as the number `1231` for 31 December.
#[must_use]
pub(super) fn month_and_day(backend: DbBackend, day: Expr) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("CAST(TO_CHAR(DATE '1970-01-01' + $1, 'MMDD') AS integer)", [day]),
        _ => Expr::cust_with_exprs("CAST(strftime('%m%d', ? * 86400, 'unixepoch') AS integer)", [day]),
    }
}

/// The number of months from the beginning of the year 0 to the month of a day, of the years 1 to 9999.
#[must_use]
pub(super) fn months(backend: DbBackend, day: Expr) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust_with_exprs(
            "CAST(EXTRACT(YEAR FROM DATE '1970-01-01' + $1) * 12 + EXTRACT(MONTH FROM DATE '1970-01-01' + $1) - 1 AS bigint)",
            [day],
        ),
        _ => Expr::cust_with_exprs(
            "(strftime('%Y', ? * 86400, 'unixepoch') * 12 + strftime('%m', ? * 86400, 'unixepoch') - 1)",
            [day.clone(), day],
        ),
    }
}

/// A word, which is compared by its bytes as the texts of all columns are.
#[must_use]
pub(super) fn word(backend: DbBackend, word: &'static str) -> Expr {
    let constant = Expr::Constant(word.into());
    match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("CAST($1 AS text) COLLATE \"C\"", [constant]),
        _ => constant,
    }
}

/// The number of the current day, in UTC.
#[must_use]
pub(super) fn today(backend: DbBackend) -> Expr {
    Expr::cust(match backend {
        DbBackend::Postgres => "(CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS date) - DATE '1970-01-01')",
        _ => "CAST(strftime('%s', 'now') / 86400 AS integer)",
    })
}

/// The smallest of several expressions, each of which has a value.
#[must_use]
pub(super) fn smallest(backend: DbBackend, expressions: Vec<Expr>) -> Expr {
    Func::cust(if backend == DbBackend::Postgres { "LEAST" } else { "MIN" }).args(expressions).into()
}

/// The largest of several expressions, each of which has a value.
#[must_use]
pub(super) fn largest(backend: DbBackend, expressions: Vec<Expr>) -> Expr {
    Func::cust(if backend == DbBackend::Postgres { "GREATEST" } else { "MAX" }).args(expressions).into()
}

/// What stands between words, once a text is folded. In brackets of a pattern, the first and the last character, and the
/// one after the square bracket, have to be these.
pub(super) const SEPARATORS: &[char] = &[
    ']', ' ', '!', '"', '#', '$', '%', '&', '\'', '(', ')', '*', '+', ',', '.', '/', ':', ';', '<', '=', '>', '?', '@',
    '[', '{', '|', '}', '~', '_', '`', '^', '\\', '·', '“', '”', '„', '«', '»', '‹', '›', '¿', '¡', '、', '。', '「',
    '」', '『', '』', '《', '》', '〈', '〉', '【', '】', '-',
];

/// Whether a folded text has a word, which contains none of [`SEPARATORS`]; `ends` says whether one of them, or an end of the
/// text, must stand before and after it.
pub(super) fn has_word(backend: DbBackend, text: Expr, word: &str, ends: [bool; 2]) -> Expr {
    /// The operators by which the databases match patterns that have sets of characters.
    const MATCHES: [BinOper; 2] = [BinOper::Custom("GLOB"), BinOper::Custom("~")];
    let is_postgres = backend == DbBackend::Postgres;
    let mut set: String = SEPARATORS.iter().collect();
    if is_postgres {
        set = set.replace('\\', "\\\\");
    }
    let [before, after] = ends.map(|is_end| if is_end { format!("[{set}]") } else { String::new() });
    let anything = if is_postgres { "" } else { "*" };
    let pattern = format!("{anything}{before}{word}{after}{anything}");
    let space = || Expr::Constant(" ".into());
    let text = space().binary(BinOper::Custom("||"), text).binary(BinOper::Custom("||"), space());
    text.binary(MATCHES[usize::from(is_postgres)], pattern)
}

/// Whether an expression is one of `ids`, which are one parameter however many they are.
#[must_use]
pub fn is_one_of_ids(backend: DbBackend, expression: Expr, ids: &[Uuid]) -> Expr {
    match (ids, backend) {
        // PostgreSQL expects more than one element of `= ANY`, and plans for them.
        ([id], _) => expression.eq(*id),
        (_, DbBackend::Postgres) => expression.eq(PgFunc::any(uuid_array(ids))),
        _ => expression.in_subquery(hex_rows(ids, "id")),
    }
}

/// Whether an expression is one of `texts`, which are one parameter however many they are.
#[must_use]
pub fn is_one_of_texts(backend: DbBackend, expression: Expr, texts: Vec<String>) -> Expr {
    is_one_of(backend, expression, ArrayType::String, texts)
}

/// The same of numbers.
pub(super) fn is_one_of_numbers(backend: DbBackend, expression: Expr, numbers: Vec<f64>) -> Expr {
    is_one_of(backend, expression, ArrayType::Double, numbers)
}

fn is_one_of<T: Into<Value> + Into<serde_json::Value>>(
    backend: DbBackend,
    expression: Expr,
    ty: ArrayType,
    list: Vec<T>,
) -> Expr {
    if backend == DbBackend::Postgres {
        let values = list.into_iter().map(Into::into).collect();
        expression.eq(PgFunc::any(Value::Array(ty, Some(Box::new(values)))))
    } else {
        let json = serde_json::Value::from(list).to_string();
        let mut rows = Query::select();
        rows.column(("list", "value")).from_function(Func::cust("json_each").arg(json), "list");
        expression.in_subquery(rows)
    }
}

/// The ids of an expression in all rows, as one text with commas between them.
#[must_use]
pub(super) fn joined_ids(backend: DbBackend, id: Expr) -> Expr {
    let comma = Expr::Constant(",".into());
    match backend {
        DbBackend::Postgres => Func::cust("string_agg").args([id.cast_as("text"), comma]).into(),
        _ => Func::cust("group_concat").args([Func::cust("hex").arg(id).into(), comma]).into(),
    }
}

/// Lets a query read from a table [`PARENT`] of ids, which are one parameter however many they are.
pub(super) fn from_parents(backend: DbBackend, query: &mut SelectStatement, ids: &[Uuid]) {
    match (ids, backend) {
        ([id], DbBackend::Postgres) => {
            let mut one = Query::select();
            one.expr_as(Expr::val(*id).cast_as("uuid"), PARENT);
            query.from_subquery(one, PARENT);
        }
        ([id], _) => {
            let mut one = Query::select();
            one.expr_as(Expr::val(*id), PARENT);
            query.from_subquery(one, PARENT);
        }
        (_, DbBackend::Postgres) => {
            query.from_function(Func::cust("unnest").arg(uuid_array(ids)), PARENT);
        }
        _ => {
            query.from_subquery(hex_rows(ids, PARENT), PARENT);
        }
    }
}

/// The id in a row of [`from_parents`].
pub(super) fn parent() -> Expr {
    column(PARENT, PARENT)
}

fn uuid_array(ids: &[Uuid]) -> Value {
    let values = ids.iter().map(|id| (*id).into()).collect();
    Value::Array(ArrayType::Uuid, Some(Box::new(values)))
}

/// Rows of ids for `SQLite`. JSON has no bytes, so the ids are read back from their hexadecimal form.
fn hex_rows(ids: &[Uuid], name: &'static str) -> SelectStatement {
    let mut json = String::with_capacity(ids.len() * 35 + 2);
    let mut buffer = Uuid::encode_buffer();
    json.push('[');
    for id in ids {
        if json.len() > 1 {
            json.push(',');
        }
        json.push('"');
        json.push_str(id.simple().encode_lower(&mut buffer));
        json.push('"');
    }
    json.push(']');
    let mut rows = Query::select();
    rows.expr_as(Func::cust("unhex").arg(Expr::col(("list", "value"))), name);
    rows.from_function(Func::cust("json_each").arg(json), "list");
    rows
}
