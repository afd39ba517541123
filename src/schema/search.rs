//! Full-text search: a root field, and the connection of what was found.

use std::sync::Arc;

use async_graphql::Value;

use super::{
    answer::{Answer, index},
    catalog::Catalog,
    connection::ready,
    cost::Size,
    execute::Call,
    leaf::json,
    object::{Argument, Object},
    page_info::PageInfo,
    record::{RecordRef, load_any},
    root::Root,
    types::{EnumValue, enumeration},
};
use crate::{
    async_graphql_internals::Registry,
    error::{Code, Error, Result},
    model::{Group, Model, language::language_tag, upper_case},
    query::{
        filter,
        keys::{SearchCountsOf, SearchOf, Shape},
        page::{self, DEFAULT_SIZE, MAX_SIZE},
        search::{Found, Hit, MAX_QUERY, MAX_WORDS, STATEMENTS, Search, Snippet},
    },
    quoted::Quoted,
};

/// The enum of record types.
const KIND: &str = "RecordKind";

/// The object type of how many records of a type were found.
const KIND_COUNT: &str = "SearchKindCount";

/// How many records of a type were found.
pub(super) struct KindCount {
    table: &'static str,
    count: i64,
}

/// A page of what a search found.
pub(super) struct SearchPage {
    search: Shape<Search>,
    found: Arc<Found>,
}

/// A record that was found.
pub(super) struct SearchEdge {
    search: Shape<Search>,
    found: Arc<Found>,
    position: usize,
}

/// A part of a text.
pub(super) struct Fragment {
    text: String,
    is_match: bool,
}

impl SearchPage {
    fn hits(&self) -> &[Hit] {
        let hits = &self.found.hits;
        &hits[..hits.len().min(self.search.size)]
    }
}

impl SearchEdge {
    fn hit(&self) -> &Hit {
        &self.found.hits[self.position]
    }
}

/// Registers the enum of record types.
pub(super) fn register(registry: &mut Registry, model: &Model) {
    let kinds = model
        .types()
        .map(|record| EnumValue::new(upper_case(record.table), format!("Records of the type `{}`.", record.name)));
    enumeration(registry, KIND.to_owned(), "The types of records.".to_owned(), kinds);
}

/// Adds the object types.
pub(super) fn add_objects(catalog: &mut Catalog) {
    catalog.add(page_object(catalog.model()));
    catalog.add(edge_object(catalog.model()));
    catalog.add(kind_count_object());
    catalog.add(snippet_object());
    catalog.add(fragment_object());
}

/// Adds the field of the root.
pub(super) fn add_field(root: &mut Object<Root>) {
    let first = format!("The number of records to return: {DEFAULT_SIZE} by default, at most {MAX_SIZE}.");
    let arguments = vec![
        Argument::new(
            "query",
            "String!",
            format!("What to search for: at most {MAX_QUERY} characters and {MAX_WORDS} words."),
        ),
        Argument::new("kinds", format!("[{KIND}!]"), "Returns only records of these types."),
        Argument::new(
            "language",
            "String",
            "The language of the reader, as a BCP 47 tag: records with exactly this name in it come first, and snippets show \
             it if they can.",
        ),
        Argument::new("first", "Int", first),
        Argument::new("after", "String", "Returns only records after this cursor."),
    ];
    root.batch(
        "search",
        "SearchConnection",
        "The records whose names, titles, texts, notes or keys have all words of a query, in any order and in any language. Case \
         and accents make no difference, the last word may be the beginning of one, and of scripts without spaces any part is \
         found. Names in other scripts are also found as they are read in Latin letters, such as `beijing` for 北京. If nothing \
         is found, words with one typing error are found, too, if they have at least five letters. Records whose names match \
         best come first; then those that are better known.",
        arguments,
        |call, _: &[Arc<Root>]| Box::pin(search(call)),
    )
    .scans(1)
    .cost
    .statements = STATEMENTS;
}

async fn search(call: Call<'_>) -> Result<Answer> {
    let search = call.shape(1, || read(call))?;
    let mut found = None;
    if call.selects("SearchConnection", &["edges", "nodes", "pageInfo"]) {
        found = call.loader().load_one(SearchOf(search.clone())).await?;
    }
    let page = SearchPage { search, found: found.unwrap_or_default() };
    Ok(Answer::one("SearchConnection", std::iter::once(Some(Arc::new(page)))))
}

fn read(call: Call<'_>) -> Result<Search> {
    let model = call.execution.catalog.model();
    let (mut query, mut language, mut tables, mut size, mut after) = (String::new(), None, None, DEFAULT_SIZE, None);
    let table = |kind: &Value| {
        let name = filter::text(kind)?;
        let record = model.types().find(|record| upper_case(record.table) == name);
        record.map(|record| record.table).ok_or_else(|| wrong_type("kinds"))
    };
    for (name, value) in call.arguments() {
        match (name, value) {
            (_, Value::Null) => {}
            ("query", Value::String(text)) => query = text,
            ("language", Value::String(tag)) => {
                let malformed =
                    |why| Error::input(Code::InvalidArgument, format!("`language` is {}: {why}", Quoted(&tag)));
                language = Some(language_tag(&tag).map_err(malformed)?);
            }
            ("kinds", kinds) => tables = Some(filter::list(&kinds).map(table).collect::<Result<_>>()?),
            ("first", value) => size = page::size("first", &value)?,
            ("after", Value::String(cursor)) => after = Some(cursor),
            (name, _) => return Err(wrong_type(name)),
        }
    }
    Search::new(&query, language.as_deref(), tables, size, after.as_deref())
}

fn wrong_type(argument: &str) -> Error {
    Error::input(Code::InvalidArgument, format!("the argument `{argument}` has a value of the wrong type"))
}

/// The records that were found. Each was there and visible when it was found.
async fn records(call: Call<'_>, hits: impl Iterator<Item = &Hit>) -> Result<super::answer::Positions> {
    let wanted = hits.map(|hit| RecordRef::ById(Some((hit.table.as_str(), hit.record)))).collect();
    load_any(call, wanted, true).await
}

fn page_object(model: &Model) -> Object<SearchPage> {
    let types = index(model.types().len());
    let mut o = Object::new("SearchConnection", "A page of the records that a search found.");
    o.batch(
        "edges",
        "[SearchEdge!]!",
        "A list of the records on this page, the best first, each with its cursor and with what was found.",
        Vec::new(),
        |_, pages: &[Arc<SearchPage>]| {
            let edges = pages.iter().map(|page| {
                let edge = |position| {
                    Arc::new(SearchEdge { search: page.search.clone(), found: page.found.clone(), position })
                };
                (0..page.hits().len()).map(edge).collect::<Vec<_>>()
            });
            ready(Answer::many("SearchEdge", edges))
        },
    )
    .costs(0, Size::Items);
    o.batch(
        "nodes",
        format!("[{}]", Group::RECORD),
        "A list of the records on this page, the best first.",
        Vec::new(),
        |call, pages| {
            Box::pin(async move {
                let mut starts = vec![0];
                for page in pages {
                    starts.push(starts.last().copied().unwrap_or_default() + index(page.hits().len()));
                }
                let positions = records(call, pages.iter().flat_map(|page| page.hits())).await?;
                Ok(Answer::Many { starts, positions })
            })
        },
    )
    .costs(types, Size::Items);
    o.batch("pageInfo", "PageInfo!", "Information about this page, for pagination.", Vec::new(), |_, pages| {
        let infos = pages.iter().map(|page| {
            let cursor = |hit: Option<&Hit>| hit.map(|hit| page.search.cursor(&page.found, hit));
            Some(Arc::new(PageInfo::Known {
                has_next: page.found.hits.len() > page.search.size,
                has_previous: page.search.after.is_some(),
                start: cursor(page.hits().first()),
                end: cursor(page.hits().last()),
            }))
        });
        ready(Answer::one("PageInfo", infos))
    })
    .costs(0, Size::One);
    o.batch(
        "totalCount",
        "Int",
        "The number of records that were found, on all pages. It is counted only when it is selected.",
        Vec::new(),
        |call, pages| {
            Box::pin(async move {
                let counts = counts(call, pages).await?;
                Ok(Answer::leaves(counts.iter().map(|counts| counts.iter().map(|(_, count)| count).sum::<i64>())))
            })
        },
    )
    .costs(STATEMENTS, Size::None)
    .scans(1);
    o.batch(
        "kinds",
        format!("[{KIND_COUNT}!]"),
        "How many of the records that were found are of which type, on all pages: the types with most first, and only those \
         with any.",
        Vec::new(),
        |call, pages| {
            Box::pin(async move {
                let model = call.execution.catalog.model();
                let one = |(table, count): (String, i64)| {
                    Some(Arc::new(KindCount { table: model.get(&table)?.table, count }))
                };
                let kinds = |counts: Vec<(String, i64)>| counts.into_iter().filter_map(one).collect::<Vec<_>>();
                Ok(Answer::many(KIND_COUNT, counts(call, pages).await?.into_iter().map(kinds)))
            })
        },
    )
    .costs(STATEMENTS, Size::Assumed(types))
    .scans(1);
    o
}

/// How many records of each type were found, for each page.
async fn counts(call: Call<'_>, pages: &[Arc<SearchPage>]) -> Result<Vec<Vec<(String, i64)>>> {
    let key = |page: &Arc<SearchPage>| SearchCountsOf(page.search.clone());
    let mut found = call.loader().load_many(pages.iter().map(key)).await?;
    Ok(pages.iter().map(|page| found.remove(&key(page)).unwrap_or_default()).collect())
}

fn kind_count_object() -> Object<KindCount> {
    let mut o = Object::new(KIND_COUNT, "How many of the records that a search found are of one type.");
    let kind = |of: &KindCount, out: &mut Vec<u8>| json(&upper_case(of.table), out);
    o.leaf("kind", format!("{KIND}!"), "The type.", kind);
    o.leaf("count", "Int!", "The number of records.", |of: &KindCount, out| json(&of.count, out));
    o
}

fn edge_object(model: &Model) -> Object<SearchEdge> {
    let types = index(model.types().len());
    let mut o = Object::new("SearchEdge", "A record that a search found.");
    o.leaf(
        "cursor",
        "String!",
        "The cursor of the record, for `after`. It is only valid for the same query in the same language.",
        |edge: &SearchEdge, out| json(&edge.search.cursor(&edge.found, edge.hit()), out),
    );
    o.batch("node", Group::RECORD, "The record.", Vec::new(), |call, edges: &[Arc<SearchEdge>]| {
        Box::pin(async move { Ok(Answer::One(records(call, edges.iter().map(|edge| edge.hit())).await?)) })
    })
    .costs(types, Size::One);
    o.batch("snippet", "SearchSnippet!", "The text in which most of the words were found.", Vec::new(), |_, edges| {
        let snippets = edges.iter().map(|edge| Some(edge.found.snippet(&edge.search, edge.hit())));
        ready(Answer::one("SearchSnippet", snippets))
    })
    .costs(0, Size::One);
    o
}

fn snippet_object() -> Object<Snippet> {
    let mut o = Object::new("SearchSnippet", "The text of a record in which a search was successful, or a part of it.");
    o.leaf(
        "field",
        "String!",
        "The field that has the text, such as `name`, `names` or `purpose`.",
        |snippet: &Snippet, out| json(&snippet.field, out),
    );
    o.leaf(
        "language",
        "String",
        "The language of the name, as a BCP 47 tag; `null` if the text is no name.",
        |snippet, out| json(&snippet.language, out),
    );
    o.leaf("text", "String!", "The text, or the part of a longer one, with `…` where it goes on.", |snippet, out| {
        json(&snippet.fragments.iter().map(|(text, _)| text.as_str()).collect::<String>(), out);
    });
    o.batch(
        "fragments",
        "[SearchFragment!]!",
        "The same text in pieces: those that match, to be highlighted, and those between them. No piece matches if the words \
         were found in how a name is read in Latin letters.",
        Vec::new(),
        |_, snippets: &[Arc<Snippet>]| {
            let fragments = snippets.iter().map(|snippet| {
                let fragment = |(text, is_match): &(String, bool)| {
                    Arc::new(Fragment { text: text.clone(), is_match: *is_match })
                };
                snippet.fragments.iter().map(fragment).collect::<Vec<_>>()
            });
            ready(Answer::many("SearchFragment", fragments))
        },
    )
    .costs(0, Size::Assumed(5));
    o
}

fn fragment_object() -> Object<Fragment> {
    let mut o = Object::new("SearchFragment", "A piece of a text.");
    o.leaf(
        "text",
        "String!",
        "The piece. It is plain text: escape it where markup is expected.",
        |fragment: &Fragment, out| {
            json(&fragment.text, out);
        },
    );
    o.leaf("isMatch", "Boolean!", "Whether it matches the query.", |fragment, out| json(&fragment.is_match, out));
    o
}
