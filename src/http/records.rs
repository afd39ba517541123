//! The address of each record, `/id/ID`: a page, JSON-LD or JSON, as the client prefers.

use apollo_compiler::response::{JsonMap, JsonValue};
use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};

use super::{
    App,
    accept::RecordMediaType,
    files::{FileRequest, PATH_NOT_UTF_8, failed},
    pages,
    parameters::Parameters,
};
use crate::{
    db::parse_type_id,
    domain,
    error::{Code, request_error},
    formats::{Extent, add_page, error_page, json_ld, record_document, record_page, rest_document, unfinished},
    quoted::Quoted,
};

/// The route of records.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/id/{id}", any(record))
}

async fn record(request: FileRequest, path: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(name)) = path else { return varying(request.refuse_with(StatusCode::BAD_REQUEST, PATH_NOT_UTF_8)) };
    // An address of its own for each form, which pages can link to.
    let named = RecordMediaType::ALL.into_iter().find_map(|(media_type, extension, _)| {
        Some((name.strip_suffix(extension).and_then(|id| id.strip_suffix('.'))?, media_type))
    });
    let (id, media_type) = match named {
        Some((id, media_type)) => (id, Some(media_type)),
        None => (&*name, RecordMediaType::negotiate(&request.headers)),
    };
    let Some(media_type) = media_type else {
        let message = "The header Accept allows none of the available media types. Accept text/html, application/ld+json or \
                       application/json.";
        return varying(request.refuse_with(StatusCode::NOT_ACCEPTABLE, message));
    };
    varying(answer(&request, id, media_type).await)
}

/// The response depends on the header `Accept`, and on who asks.
fn varying(mut response: Response) -> Response {
    for name in ["accept", "authorization"] {
        response.headers_mut().append(header::VARY, HeaderValue::from_static(name));
    }
    response
}

async fn answer(request: &FileRequest, id: &str, media_type: RecordMediaType) -> Response {
    let not_found = || {
        let message = format!("there is no record with the ID {}", Quoted(id));
        if media_type == RecordMediaType::Html {
            // It is charged as any refusal.
            let refused = request.refuse(&request_error(Code::NotFound, message.clone()));
            let page = error_page("Not found", &format!("Sorry: {message}."));
            return (refused.status(), page_response(media_type, page)).into_response();
        }
        request.refuse(&request_error(Code::NotFound, message))
    };
    if let Err(error) = Parameters::read(&request.uri, &[]) {
        return request.refuse(&error);
    }
    let model = domain::model();
    let Some(record) = parse_type_id(id).and_then(|(table, _)| model.get(table)) else { return not_found() };
    let validators = match request.validators(media_type.content_type()).await {
        Ok(validators) => validators,
        Err(response) => return with_policy(response),
    };
    let extent = if media_type == RecordMediaType::Html { Extent::WithRelated } else { Extent::Own };
    let (document, field) = record_document(model, record, extent);
    let variables = JsonMap::from_iter([("id".into(), id.into())]);
    let (mut data, mut budget) = match request.data(&document, variables).await {
        Ok(answered) => answered,
        Err(answer) => return failed(answer),
    };
    let Some(JsonValue::Object(mut node)) = data.remove(field.as_str()) else { return not_found() };
    while let Some((list, after)) = unfinished(&node) {
        if let Err(answer) = request.check_caller().await {
            return failed(answer);
        }
        let variables = JsonMap::from_iter([("id".into(), id.into()), ("after".into(), after)]);
        (data, budget) = match request.data(&rest_document(record, list), variables).await {
            Ok(answered) => answered,
            Err(answer) => return failed(answer),
        };
        let Some(JsonValue::Object(page)) = data.remove(field.as_str()) else { return not_found() };
        add_page(&mut node, list, page);
    }
    let text = match media_type {
        RecordMediaType::Html => record_page(model, record, &node, &request.base),
        RecordMediaType::JsonLd => json(&json_ld(model, record, &node, &request.base)),
        RecordMediaType::Json => json(&node),
    };
    with_policy(request.found(page_response(media_type, text), &validators, budget))
}

/// Browsers put the headers of a response without a page in the place of those of the page that they hold.
fn with_policy(mut response: Response) -> Response {
    let policy = HeaderValue::from_static(pages::STATIC_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn page_response(media_type: RecordMediaType, text: String) -> Response {
    pages::response(pages::STATIC_POLICY, media_type.content_type(), text)
}

/// Plain data are JSON.
fn json(object: &JsonMap) -> String {
    serde_json::to_string(object).unwrap_or_default()
}
