//! Filters on records of several types: what a reference can lead to, the items of a group, and global ids.

use std::cell::Cell;

use async_graphql::Value;
use sea_orm::{EntityName, ExprTrait, sea_query::Query};
use uuid::Uuid;

use super::{RECORD, Read, Reader, is_visible, never, operator::id_text, unknown};
use crate::{
    db::parse_type_id,
    error::{Code, Error, Result},
    model::{RecordType, ToAny, camel_case, record, with_article},
    query::statement::column,
    quoted::Quoted,
};

impl Reader {
    /// The condition of a filter on the record of a reference that can lead to several types. There must be such a record,
    /// as with a reference to one type.
    pub(super) fn any_reference(self, to_any: &ToAny, filter: &Value) -> Read {
        let id = || column(self.alias(), to_any.id.name);
        // A condition that is not inside of `and`, `or` or `not` finds the record itself.
        let is_found = Cell::new(false);
        let condition = self.combine(filter, &|reader, name, value| {
            // Through the record itself, so that the id of a hidden record finds nothing.
            let records = match member(&to_any.targets, name, value)? {
                Member::Id(table, id) => {
                    let target = reader.scope.model.record_type(table);
                    reader.related(target, |inner| Ok(Some(column(inner.alias(), "id").eq(id))))?
                }
                Member::Filter(table) => {
                    let target = reader.scope.model.record_type(table);
                    reader.related(target, |inner| inner.filter(target, value))?
                }
            };
            is_found.set(is_found.get() || records.is_some() && reader.nesting == self.nesting);
            Ok(records.map(|records| id().in_subquery(records)))
        })?;
        let Some(condition) = condition else { return Ok(None) };
        if is_found.get() {
            return Ok(Some(condition));
        }
        let mut visible = Query::select();
        visible.column((RECORD, "id")).from_as(record::Entity.table_name(), RECORD);
        visible.and_where(is_visible(RECORD, self.scope.rank));
        Ok(Some(id().in_subquery(visible).and(condition)))
    }

    /// The condition of a filter on records of several types, for those of one type.
    pub(super) fn of_group(self, members: &[&'static str], record: &RecordType, filter: &Value) -> Read {
        self.nested()?.combine(filter, &|reader, name, value| {
            Ok(match member(members, name, value)? {
                Member::Id(table, id) if table == record.table => Some(column(reader.alias(), "id").eq(id)),
                Member::Id(..) => Some(never()),
                Member::Filter(table) => {
                    // What is wrong with the filter of another type is an error whatever the records.
                    let condition = reader.filter(reader.scope.model.record_type(table), value)?;
                    condition.map(|condition| if table == record.table { condition } else { never() })
                }
            })
        })
    }
}

/// A field of a filter on records of several types.
enum Member<'a> {
    /// The record has this table and id.
    Id(&'a str, Uuid),
    /// The record is of this table and passes the filter of its type.
    Filter(&'a str),
}

fn member<'a>(members: &[&'a str], name: &str, value: &Value) -> Result<Member<'a>> {
    if name == "id" {
        let (table, id) = global_id(&id_text(value)?, members)?;
        return Ok(Member::Id(table, id));
    }
    let table = members.iter().find(|table| camel_case(table) == name);
    table.map(|table| Member::Filter(table)).ok_or_else(|| unknown(name))
}

/// Takes a global id of a record of one of `tables` apart, into the table and the id.
pub fn global_id<'a>(global: &str, tables: &[&'a str]) -> Result<(&'a str, Uuid)> {
    let example = tables.first().filter(|_| tables.len() < 5).unwrap_or(&"city");
    let wrong = |what: &str| {
        let message = format!(
            "{} is not the id of {what}: an id looks like {example}_01jx5p7zk3e9tb5h4yq6v8m2nd",
            Quoted(global)
        );
        Error::input(Code::InvalidId, message)
    };
    // A list of all types would be long.
    let what = if tables.len() < 5 { with_article(&tables.join(" or ")) } else { "a record".to_owned() };
    let (table, id) = parse_type_id(global).ok_or_else(|| wrong(&what))?;
    tables.iter().find(|known| **known == table).map(|table| (*table, id)).ok_or_else(|| wrong(&what))
}
