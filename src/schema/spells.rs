//! What several records tell of, as one: an office that is attested for several days is one tenure, not several.

use std::sync::Arc;

use sea_orm::Value;

use super::{
    answer::Answer, catalog::Catalog, connection::ready, cost::Size, execute::Call, leaf::Date, object::Object,
    record::date,
};
use crate::{
    error::Result,
    model::{Column, DateColumns, RecordType, Spells, camel_case, words},
    query::{
        keys::{List, PageOf, Shape},
        page::{MAX_SIZE, Page},
        projection::Row,
    },
};

/// What several records tell of.
#[derive(Default)]
pub(super) struct Spell {
    start: Option<Arc<Date>>,
    end: Option<Arc<Date>>,
    attested: Vec<Arc<Date>>,
    records: Vec<Arc<Row>>,
}

/// The dates of the period of a record type: those on which it starts and ends, and one on which it goes on.
struct Dates([Option<[Column; 3]>; 3]);

impl Dates {
    fn of(spells: &Spells, record: &RecordType) -> Self {
        let columns = |date: DateColumns| date.map(|name| record.column(name));
        let period = spells.period;
        Self([Some(period.start), Some(period.end), period.includes].map(|date| date.map(columns)))
    }

    fn read(&self, row: &Row) -> [Option<Arc<Date>>; 3] {
        self.0.map(|columns| columns.and_then(|columns| date(row, columns)).map(Arc::new))
    }

    fn columns(&self) -> impl Iterator<Item = Column> {
        self.0.into_iter().flatten().flatten()
    }
}

impl Spell {
    /// The spell together with one more record; nothing if it contradicts the others.
    fn with(&self, row: &Arc<Row>, [start, end, day]: &[Option<Arc<Date>>; 3]) -> Option<Self> {
        let start = agreed(self.start.as_ref(), start.as_ref()).ok()?;
        let end = agreed(self.end.as_ref(), end.as_ref()).ok()?;
        let attested: Vec<_> = self.attested.iter().chain(day).cloned().collect();
        let is_before = |one: &Date, other: &Date| one.earliest <= other.latest;
        let is_between = |day: &Arc<Date>| {
            start.as_ref().is_none_or(|start| is_before(start, day))
                && end.as_ref().is_none_or(|end| is_before(day, end))
        };
        let is_in_order = start.as_ref().zip(end.as_ref()).is_none_or(|(start, end)| is_before(start, end));
        let records = self.records.iter().chain([row]).cloned().collect();
        (is_in_order && attested.iter().all(is_between)).then_some(Self { start, end, attested, records })
    }

    /// The first day for which something is known.
    fn first_day(&self) -> Option<i32> {
        let days = self.start.iter().chain(&self.attested).chain(&self.end).map(|date| date.earliest);
        days.min()
    }
}

/// Two dates that cannot be the same day.
struct Contradiction;

/// The more precise of two dates that can be the same day, as far as they are known.
fn agreed(one: Option<&Arc<Date>>, other: Option<&Arc<Date>>) -> Result<Option<Arc<Date>>, Contradiction> {
    let (Some(one), Some(other)) = (one, other) else { return Ok(one.or(other).cloned()) };
    if one.earliest > other.latest || other.earliest > one.latest {
        return Err(Contradiction);
    }
    let days = |date: &Date| i64::from(date.latest) - i64::from(date.earliest);
    Ok(Some(if days(other) < days(one) { other } else { one }.clone()))
}

/// What the records of a list tell of, in the order of the first day that is known of each; of which none is known comes last.
fn told(rows: &[Arc<Row>], dates: &Dates, alike: &[Column]) -> Vec<Arc<Spell>> {
    let mut rows: Vec<_> = rows.iter().map(|row| (row, dates.read(row))).collect();
    let first = |dates: &[Option<Arc<Date>>; 3]| dates.iter().flatten().map(|date| date.earliest).min();
    rows.sort_by_key(|(row, dates)| (first(dates).unwrap_or(i32::MAX), row.id));
    let mut spells: Vec<(Vec<&Value>, Spell)> = Vec::new();
    for (row, dates) in &rows {
        let values: Vec<_> = alike.iter().map(|column| row.value(*column)).collect();
        let mut same = spells.iter_mut().filter(|(of, _)| *of == values);
        let joined = same.find_map(|(_, spell)| spell.with(row, dates).map(|with| *spell = with));
        if joined.is_none() {
            // A record alone can only contradict itself, which import refuses.
            let alone = Spell::default().with(row, dates);
            let [start, end, day] = dates.clone();
            let alone = alone.unwrap_or_else(|| Spell {
                start,
                end,
                attested: day.into_iter().collect(),
                records: vec![(*row).clone()],
            });
            spells.push((values, alone));
        }
    }
    spells.sort_by_key(|(_, spell)| spell.first_day().unwrap_or(i32::MAX));
    spells.into_iter().map(|(_, spell)| Arc::new(spell)).collect()
}

/// Adds the lists of a record type.
pub(super) fn add(o: &mut Object<Row>, record: &'static RecordType, catalog: &Catalog) {
    for spells in &record.spells {
        let target = catalog.model().record_type(spells.target);
        let ty = format!("[{}!]", spells.object);
        let about = format!("{} Of more than {MAX_SIZE} {}, the first.", spells.description, words(target.plural));
        o.batch(spells.name, ty, about, Vec::new(), move |call, rows: &[Arc<Row>]| {
            Box::pin(load(call, rows, spells, target))
        });
    }
}

async fn load(
    call: Call<'_>,
    rows: &[Arc<Row>],
    spells: &'static Spells,
    target: &'static RecordType,
) -> Result<Answer> {
    let dates = Dates::of(spells, target);
    let list: Shape<List> = call.shape(1, || {
        let read = dates.columns().chain(spells.alike.iter().copied());
        let projection = (*call.projection(target)).with_columns(read);
        Ok(List { link: Some(spells.link), page: Page::whole(target, call.filter_scope().rank)?, projection })
    })?;
    let key = |row: &Arc<Row>| PageOf { parent: Some(row.id), list: list.clone() };
    let found = call.loader().load_many(rows.iter().map(key)).await?;
    let lists = rows.iter().map(|row| {
        let records = found.get(&key(row)).map_or(&[][..], |records| records);
        told(&records[..records.len().min(MAX_SIZE)], &dates, &spells.alike)
    });
    Ok(Answer::many(spells.object, lists))
}

/// The object type of the items of a list.
pub(super) fn object(spells: &'static Spells, target: &'static RecordType) -> Object<Spell> {
    let mut o = Object::new(spells.object, spells.about);
    o.items = vec![target];
    let about = words(target.plural);
    // Names live as long as the catalog, which is never dropped.
    let name = camel_case(spells.records).leak();
    let records =
        format!("A list of the {about} that tell of it, at least one. In what they are alike, all are the same.");
    o.batch(name, format!("[{}!]!", target.name), records, Vec::new(), |_, all: &[Arc<Spell>]| {
        ready(Answer::many_records(all.iter().map(|spell| spell.records.iter().cloned())))
    })
    .costs(0, Size::Assumed(10));
    let about = "The date on which it started: the most precise of those that are known.";
    o.batch("start", "EdtfDate", about, Vec::new(), |_, all: &[Arc<Spell>]| {
        ready(Answer::one("EdtfDate", all.iter().map(|spell| spell.start.clone())))
    })
    .costs(0, Size::One);
    let about = "The date on which it ended: the most precise of those that are known.";
    o.batch("end", "EdtfDate", about, Vec::new(), |_, all: &[Arc<Spell>]| {
        ready(Answer::one("EdtfDate", all.iter().map(|spell| spell.end.clone())))
    })
    .costs(0, Size::One);
    let attested = "A list of the dates for which it is attested, in their order.";
    o.batch("attested", "[EdtfDate!]!", attested, Vec::new(), |_, all: &[Arc<Spell>]| {
        ready(Answer::many("EdtfDate", all.iter().map(|spell| spell.attested.iter().cloned())))
    })
    .costs(0, Size::Assumed(10));
    o
}
