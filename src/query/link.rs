//! How records are related to others, in SQL.

use sea_orm::{
    ExprTrait,
    sea_query::{Expr, JoinType, Query, SelectStatement, UnionType},
};

use super::{
    filter::{is_visible, possibly_overlap},
    statement::column,
};
use crate::model::{Condition, Link};

/// The columns of pairs: a record, and one that is related to it.
pub(super) const PARENT: &str = "parent";
/// See [`PARENT`].
pub(super) const ID: &str = "id";
/// The alias of the table that says what is related.
const LINKS: &str = "link";
/// The aliases of a related record, and of what says when a record was.
const RELATED: &str = "related";
/// See [`RELATED`].
const DURING: &str = "during";
/// The alias of what is united.
const WAY: &str = "way";

/// Whether a link joins the record of an alias to `parent`. `rank` is what the viewer may see.
pub(super) fn is_linked(link: Link, alias: &'static str, parent: &Expr, rank: i16) -> Expr {
    if let Link::Column { column: key, .. } = link {
        return column(alias, key).eq(parent.clone());
    }
    let ids = of_all(link, &|link| {
        let mut ids = Query::select();
        let (of, id) = from_links(link, &mut ids, rank);
        ids.expr(id).and_where(of.eq(parent.clone()));
        ids
    });
    column(alias, ID).in_subquery(ids)
}

/// The pairs of records that a link joins, each once, and that pass: a condition on the record and on the related one.
pub(super) fn pairs(link: Link, rank: i16, passes: &dyn Fn(Expr, Expr) -> Expr) -> SelectStatement {
    of_all(link, &|link| {
        let mut pairs = Query::select();
        let (of, id) = from_links(link, &mut pairs, rank);
        pairs.distinct().expr_as(of.clone(), PARENT).expr_as(id.clone(), ID).and_where(passes(of, id));
        pairs
    })
}

/// The records that are related by a link to one that passes.
pub(super) fn parents(link: Link, rank: i16, passes: &dyn Fn(Expr) -> Expr) -> SelectStatement {
    of_all(link, &|link| {
        let mut parents = Query::select();
        let (of, id) = from_links(link, &mut parents, rank);
        // `NOT IN` finds nothing if there is a NULL among the values.
        parents.expr_as(of.clone(), PARENT).and_where(of.is_not_null()).and_where(passes(id));
        parents
    })
}

/// A query for each of the links that a link consists of, united: each of its rows once.
pub(super) fn united(link: Link, one: &dyn Fn(Link) -> SelectStatement) -> SelectStatement {
    of_all(link, &|link| {
        let mut way = Query::select();
        // A query that is united may have neither an order nor a limit of its own, but one inside of it may.
        way.column((WAY, ID)).from_subquery(one(link), WAY);
        way
    })
}

fn of_all(link: Link, one: &dyn Fn(Link) -> SelectStatement) -> SelectStatement {
    let Link::Any(ways) = link else { return one(link) };
    let queries = ways.iter().map(|way| of_all(way.link, one));
    let unite = |mut all: SelectStatement, next| {
        all.union(UnionType::Distinct, next);
        all
    };
    queries.reduce(unite).unwrap_or_default()
}

/// Lets a query read from the table that says what is related; the expressions of the record and of the related one.
fn from_links(link: Link, query: &mut SelectStatement, rank: i16) -> (Expr, Expr) {
    let (table, parent, child) = match link {
        Link::Column { table, column } => (table, column, ID),
        Link::Through { table, parent, child } => (table, parent, child),
        Link::Via { table, parent, child, only } => {
            query.and_where(is_visible(LINKS, rank));
            restrict(query, only);
            (table, parent, child)
        }
        Link::Within { table, parent, on, by, of, child } => {
            query.from_as(table, LINKS).and_where(is_visible(LINKS, rank));
            query.join_as(JoinType::InnerJoin, by, RELATED, column(RELATED, of).eq(column(LINKS, on)));
            if of == ID {
                // It is a record of its own.
                query.and_where(is_visible(RELATED, rank));
            }
            return (column(LINKS, parent), column(RELATED, child));
        }
        Link::Contemporary(of) => {
            let ((related, period), (during, when)) = (of.related, of.during);
            query.from_as(of.table, LINKS);
            let is_of_subject = column(RELATED, of.column).eq(column(LINKS, of.subject));
            query.join_as(JoinType::InnerJoin, related, RELATED, is_of_subject);
            restrict(query, of.only);
            // The caller looks at what is at the ends.
            if of.parent != ID {
                query.and_where(is_visible(LINKS, rank));
            }
            if of.child != ID {
                query.and_where(is_visible(RELATED, rank));
            }
            // A record requires what says when it was: who sees the one may see the other.
            query.join_as(JoinType::InnerJoin, during, DURING, column(DURING, ID).eq(column(LINKS, of.when)));
            query.and_where(possibly_overlap((RELATED, &period), (DURING, &when)));
            return (column(LINKS, of.parent), column(RELATED, of.child));
        }
        // What consists of several links is taken apart before.
        Link::Any(_) => return (Expr::Constant(false.into()), Expr::Constant(false.into())),
    };
    query.from_as(table, LINKS);
    (column(LINKS, parent), column(LINKS, child))
}

/// Whether a row passes a condition.
pub(super) fn passes(alias: &'static str, Condition { column: name, words, is_negated }: Condition) -> Expr {
    let words = words.iter().copied();
    if is_negated {
        column(alias, name).is_null().or(column(alias, name).is_not_in(words))
    } else {
        column(alias, name).is_in(words)
    }
}

/// Keeps only what passes of the table that says what is related.
fn restrict(query: &mut SelectStatement, conditions: &[Condition]) {
    for condition in conditions {
        query.and_where(passes(LINKS, *condition));
    }
}
