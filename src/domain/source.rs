//! Sources.

use crate::{
    db::vocabulary,
    domain::citation,
    edtf::Day,
    graph::{Definition, Link, Links, record},
};

vocabulary! {
    /// What kind of publication it is.
    SourceKind {
        /// An article.
        Article = "article",
        /// A blog post.
        Blog = "blog",
        /// A reference that another source names.
        CitedReference = "cited_reference",
        /// A data set.
        Dataset = "dataset",
        /// An encyclopedia.
        Encyclopedia = "encyclopedia",
        /// A list.
        List = "list",
        /// News.
        News = "news",
        /// An authority's list.
        OfficialList = "official_list",
        /// An authority's page.
        OfficialPage = "official_page",
        /// A press release.
        PressRelease = "press_release",
        /// A report.
        Report = "report",
    }
}

record! {
    /// A publication.
    Source, "source", "sources" {
        title: String,
        title_sort: String,
        language: String,
        publisher: Option<String>,
        url: Option<String>,
        published: Option<String>,
        published_earliest: Day,
        published_latest: Day,
        kind: SourceKind,
        retrieved_via: Option<String>,
    }
}

const ORIGINS: Links = Links { table: "source_derivation", from: "source_id", to: "origin_id", pair: None };

fn define(d: &mut Definition<Model>) {
    d.name(at::title, at::title_sort, at::language, "The title.");
    d.object().leaf(
        "language",
        "The language that it is written in: a BCP 47 tag; `mul` if there are several.",
        at::language.get,
    );
    d.text(at::publisher, "Who published it.");
    d.text(at::url, "Where it is to be found.");
    d.date(at::published, at::published_earliest, at::published_latest, "The day on which it was published.");
    d.value(at::kind, "What kind of publication it is.");
    d.text(at::retrieved_via, "How it was had.");
    d.list("derives_from", ORIGINS, "source", 0);
    d.many::<Model>(
        "derivesFrom",
        Link::Via { table: "source_derivation", parent: "source_id", child: "origin_id" },
        "A list of the sources that it derives from.",
    );
    d.many::<Model>(
        "derivatives",
        Link::Via { table: "source_derivation", parent: "origin_id", child: "source_id" },
        "A list of the sources that derive from it.",
    );
    d.many::<citation::Model>("statements", Link::Column("source_id"), "A list of what it says.");
    d.default_order("PUBLISHED_DESC");
}
