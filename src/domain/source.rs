//! Sources.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{citation, source_derivation},
    edtf::Day,
    model::{Description, Record, Visibility},
};

/// The kind of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum SourceKind {
    /// An article.
    Article,
    /// A blog post.
    Blog,
    /// A reference that is cited in another source.
    CitedReference,
    /// A data set.
    Dataset,
    /// An encyclopedia.
    Encyclopedia,
    /// A list.
    List,
    /// A news report.
    News,
    /// A list published by a public authority.
    OfficialList,
    /// A web page of a public authority.
    OfficialPage,
    /// A press release.
    PressRelease,
    /// A report.
    Report,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub title: String,
    pub title_sort: String,
    pub language: String,
    pub publisher: Option<String>,
    pub url: Option<String>,
    pub published: Option<String>,
    pub published_earliest: Day,
    pub published_latest: Day,
    pub kind: SourceKind,
    pub retrieved_via: Option<String>,
    pub note: Option<String>,
    pub visibility: Visibility,
    pub audience: i16,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// The table has no foreign key to another record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The table of links from a source to those that it derives from.
pub(super) const ORIGINS: (source_derivation::Column, source_derivation::Column) =
    (source_derivation::Column::SourceId, source_derivation::Column::OriginId);

impl Record for Entity {
    const NAME: &'static str = "Source";
    const PLURAL: &'static str = "sources";
    const DESCRIPTION: &'static str = "A publication that supports or contradicts recorded facts.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Title, Column::TitleSort, Column::Language], "The title of the publication.");
        let language =
            d.value(Column::Language, "The language of the publication, as a BCP 47 tag; `mul` if there are several.");
        (language.is_filterable, language.is_imported) = (false, false);
        d.text(Column::Publisher, "The name of the publisher.");
        d.address(Column::Url, "The address (URL) of the publication.");
        d.date(
            [Column::Published, Column::PublishedEarliest, Column::PublishedLatest],
            "The day on which the publication appeared.",
        );
        d.word::<SourceKind>(Column::Kind, "The kind of publication.");
        d.text(Column::RetrievedVia, "How the source was retrieved.");
        d.keys::<Entity, _>("derives_from", ORIGINS, None, 0);
        d.has_many_through::<Entity, _>("derivesFrom", ORIGINS, "A list of the sources that this source derives from.");
        d.has_many_through::<Entity, _>(
            "derivatives",
            (ORIGINS.1, ORIGINS.0),
            "A list of the sources that derive from this source.",
        );
        d.has_many("statements", citation::Column::SourceId, "A list of the statements of the source about records.");
        d.order_by_count("statements");
        d.schema_org(
            "CreativeWork",
            [
                (Column::Language, "inLanguage"),
                (Column::Publisher, "publisher"),
                (Column::Url, "url"),
                (Column::Published, "datePublished"),
            ],
        );
        d.schema_org_if(
            Column::Kind,
            [
                (SourceKind::Article, "Article"),
                (SourceKind::Blog, "BlogPosting"),
                (SourceKind::Dataset, "Dataset"),
                (SourceKind::News, "NewsArticle"),
                (SourceKind::OfficialPage, "WebPage"),
                (SourceKind::Report, "Report"),
            ],
        );
        d.default_order("PUBLISHED_DESC");
    }
}
