//! Lists of records as files: `/export/…`, `/calendar.ics` and `/popolo.json`.
//!
//! A file is written while its pages are read, each as a request of its own, so it takes the memory of a page however long it
//! is. The next page is read when the client has read the last one. What fails before the first page is answered with an error;
//! what fails later cuts off the connection, so that nobody takes a part for the whole.

use std::{io, time::Duration};

use apollo_compiler::response::{JsonMap, serde_json_bytes};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, rejection::PathRejection},
    http::{StatusCode, Version, header},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::{StreamExt, future::ready, stream};
use tokio::time::{Instant, sleep};

use super::{
    App,
    files::{FileRequest, PATH_NOT_UTF_8, failed},
    parameters::Parameters,
    response_body::{self, RESPONSE_TIMEOUT},
};
use crate::{
    api::RateLimit,
    domain,
    engine::{Answer, Outcome},
    error::{Code, Error, request_error},
    formats::{ListPage, Listing, POPOLO_FILTERS, Places, TableFormat, calendar, popolo, table},
    quoted::Quoted,
};

/// How long an export that has begun waits until its client, or the server, has something left for the next page.
const PATIENCE: Duration = Duration::from_mins(2);

/// What clients of old versions of HTTP are told.
const OLD_HTTP: &str = "A client of HTTP/1.0 cannot tell whether a file of several pages has arrived whole. Use HTTP/1.1, or \
                        export fewer records.";

/// The routes of exports.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/export/{file}", any(export_table))
        .route("/calendar.ics", any(export_calendar))
        .route("/popolo.json", any(export_popolo))
}

async fn export_table(request: FileRequest, path: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(file)) = path else { return request.refuse_with(StatusCode::BAD_REQUEST, PATH_NOT_UTF_8) };
    let listing = table_of(&request, &file);
    respond(request, listing).await
}

fn table_of(request: &FileRequest, file: &str) -> Result<Listing, async_graphql::ServerError> {
    let model = domain::model();
    let not_found = |message: String| Err(request_error(Code::NotFound, message));
    let (plural, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let Some(record) = model.types().find(|record| record.plural == plural) else {
        let plurals: Vec<_> = model.types().map(|record| record.plural).collect();
        return not_found(format!("there are no lists of {}: export one of {}", Quoted(plural), plurals.join(", ")));
    };
    let Some((_, format)) = TableFormat::ALL.into_iter().find(|(known, _)| *known == extension) else {
        let names: Vec<_> = TableFormat::ALL.iter().map(|(name, _)| format!("{plural}.{name}")).collect();
        return not_found(format!("there is no format {}: export {}", Quoted(extension), names.join(", ")));
    };
    if !format.has(record) {
        let plurals: Vec<_> = model.types().filter(|other| format.has(other)).map(|other| other.plural).collect();
        let plurals = plurals.join(", ");
        return not_found(format!("{plural} have no place on a map: export {extension} of one of {plurals}"));
    }
    let known: &[_] = if format == TableFormat::Csv { &["filter", "orderBy", "exact"] } else { &["filter", "orderBy"] };
    let parameters = Parameters::read(&request.uri, known)?;
    let mut listing = table(model, record, format, parameters.is("exact")?);
    for list in &mut listing.lists {
        list.variables.extend(parameters.object("filter")?.map(|filter| ("filter".into(), filter.into())));
        list.variables.extend(parameters.text("orderBy").map(|order| ("orderBy".into(), order.into())));
    }
    Ok(listing)
}

async fn export_calendar(request: FileRequest) -> Response {
    let listing = Parameters::read(&request.uri, &["filter", "country", "city"]).and_then(|parameters| {
        let [country, city] = ["country", "city"].map(|name| parameters.text(name).map(str::to_owned));
        Ok(calendar(&request.base, parameters.object("filter")?, &Places { country, city }))
    });
    respond(request, listing).await
}

async fn export_popolo(request: FileRequest) -> Response {
    let listing = Parameters::read(&request.uri, &POPOLO_FILTERS).and_then(|parameters| {
        let [officials, organizations, positions, memberships] = POPOLO_FILTERS.map(|name| parameters.object(name));
        Ok(popolo([officials?, organizations?, positions?, memberships?]))
    });
    respond(request, listing).await
}

async fn respond(request: FileRequest, listing: Result<Listing, async_graphql::ServerError>) -> Response {
    let listing = match listing {
        Ok(listing) => listing,
        Err(error) => return request.refuse(&error),
    };
    let validators = match request.validators(listing.media_type).await {
        Ok(validators) => validators,
        Err(response) => return response,
    };
    let headers = [
        (header::CONTENT_TYPE, listing.media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", listing.file_name)),
    ];
    let mut reading = Reading { request: request.clone(), listing, list: 0, after: None, budget: None };
    let mut bytes = Vec::new();
    let begun = reading.listing.writer.begin(&mut bytes).map_err(|error| refused(&error));
    let more = match begun {
        Ok(()) => reading.page(&mut bytes).await,
        Err(answer) => Err(answer),
    };
    let budget = reading.budget;
    let body = match more {
        Err(answer) => return failed(answer),
        Ok(false) => response_body::body(bytes.into()),
        // Its length is not known, and without chunks, a file that was cut off looks whole.
        Ok(true) if reading.request.version < Version::HTTP_11 => {
            return reading.request.refuse_with(StatusCode::HTTP_VERSION_NOT_SUPPORTED, OLD_HTTP);
        }
        Ok(true) => reading.body(bytes),
    };
    request.found((headers, body).into_response(), &validators, budget)
}

/// A file that is being written.
struct Reading {
    request: FileRequest,
    listing: Listing,
    /// Which of the lists is read.
    list: usize,
    /// The cursor after which the list goes on.
    after: Option<String>,
    budget: Option<RateLimit>,
}

impl Reading {
    /// Reads the next page, and writes it. Says whether there are more.
    async fn page(&mut self, out: &mut Vec<u8>) -> Result<bool, Answer> {
        let list = &self.listing.lists[self.list];
        let mut variables = list.variables.clone();
        variables.extend(self.after.as_deref().map(|after| ("after".into(), after.into())));
        let (data, budget) = self.request.data(&list.document, variables).await?;
        self.budget = budget;
        let page = page_of(data).map_err(|error| refused(&error))?;
        self.listing.writer.records(self.list, &page.nodes, out).map_err(|error| refused(&error))?;
        self.after = page.page_info.end_cursor.filter(|_| page.page_info.has_next_page);
        if self.after.is_none() {
            self.list += 1;
        }
        let has_more = self.list < self.listing.lists.len();
        if !has_more {
            self.listing.writer.end(out).map_err(|error| refused(&error))?;
        }
        Ok(has_more)
    }

    /// The same, as soon as the client has points left.
    async fn next_page(&mut self, out: &mut Vec<u8>) -> Result<bool, Answer> {
        let until = Instant::now() + PATIENCE;
        loop {
            self.request.check_caller().await?;
            let answer = match self.page(out).await {
                Err(answer) if is_for_later(&answer) && Instant::now() < until => answer,
                answered => return answered,
            };
            let seconds = answer.retry_after.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(1);
            sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// The body of a file of several pages, the first of which was read.
    fn body(self, first: Vec<u8>) -> Body {
        // When the server stops, it waits for the last page as for any response: what is not read in time is cut off.
        let pages = stream::try_unfold((Some(self), Instant::now()), async |(reading, sent)| {
            let Some(mut reading) = reading else { return Ok(None) };
            if sent.elapsed() > RESPONSE_TIMEOUT {
                return Err(io::Error::from(io::ErrorKind::TimedOut));
            }
            let mut bytes = Vec::new();
            let has_more = reading.next_page(&mut bytes).await.map_err(|answer| reading.cut_off(&answer))?;
            Ok(Some((Bytes::from(bytes), (has_more.then_some(reading), Instant::now()))))
        });
        Body::from_stream(stream::once(ready(Ok(Bytes::from(first)))).chain(pages))
    }

    /// The end of a file that cannot be completed.
    fn cut_off(&self, answer: &Answer) -> io::Error {
        let (file, code) = (&self.listing.file_name, answer.outcome.as_str());
        let request_id = self.request.origin.id.as_str();
        tracing::warn!(request_id, file, code, "an export was cut off");
        io::Error::other("the export cannot be completed")
    }
}

/// Whether a request that was refused can succeed soon.
fn is_for_later(answer: &Answer) -> bool {
    matches!(answer.outcome, Outcome::Refused(Code::RateLimited | Code::ServerBusy))
}

/// The page in the data of an answer.
fn page_of(data: JsonMap) -> Result<ListPage, Error> {
    let field = data.into_iter().next().map(|(_, field)| field).unwrap_or_default();
    serde_json_bytes::from_value(field).map_err(Error::internal)
}

fn refused(error: &Error) -> Answer {
    let error = error.shown();
    Answer::refused(Code::of(&error).unwrap_or(Code::InternalServerError), &[error])
}
