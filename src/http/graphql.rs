//! GraphQL over HTTP.

use std::{net::SocketAddr, sync::Arc};

use apollo_compiler::executable::OperationType;
use async_graphql::ServerError;
use axum::{
    extract::{ConnectInfo, Extension, FromRequestParts, Request as HttpRequest, State, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::{
    App, OverCapacity, RATE_LIMIT, RATE_LIMIT_POLICY, accept, accept::ResponseMediaType, client, credentials,
    forwarded::PublicAddress, response_body, sse, websocket,
};
use crate::{
    api::RateLimit,
    auth::Viewer,
    config::{Config, StatusCodes},
    engine::{Answer, Caller, Client, Credentials, Engine, Outcome, Request},
    error::{Code, request_error},
    observe::Origin,
};

/// Handles every request to `/graphql`.
pub(super) async fn handle(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(origin): Extension<Origin>,
    request: HttpRequest,
) -> Response {
    let config = app.engine.config();
    let address = client(&app.engine, peer, request.headers());
    let by_anybody = Caller::new(address, Viewer::anonymous());
    if request.extensions().get::<OverCapacity>().is_some() {
        let error = request_error(Code::ServerBusy, "Too many connections are open. Try again in a moment.");
        let answer = app.engine.refuse(&origin, &by_anybody, Code::ServerBusy, &[error]);
        return response(answer, ResponseMediaType::Json, StatusCode::SERVICE_UNAVAILABLE);
    }
    // HEAD is handled like GET; hyper omits the body.
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_socket = is_websocket_upgrade(&request);
    let is_bare = get && !is_socket && request.uri().query().is_none();
    if is_bare && !config.is_hardened() && accept::wants_page(request.headers()) {
        // A browser opened the endpoint.
        let up = if request.uri().path().ends_with('/') { "../" } else { "" };
        let varies = [(header::VARY, "accept")];
        return (varies, Redirect::to(&format!("{up}playground/"))).into_response();
    }
    // Browsers send no credentials of a WebSocket in headers: it says in its first message who it is.
    let credentials = credentials::of_headers(request.headers());
    let is_identified_later = is_socket && credentials == Credentials::None;
    let caller = if is_identified_later {
        by_anybody
    } else {
        match app.engine.identify(&origin, address, credentials).await {
            Ok(caller) => caller,
            Err(answer) => return respond(answer, ResponseMediaType::Json, config, false),
        }
    };
    let refuse = |status, media_type, message: String| {
        let code = if status == StatusCode::SERVICE_UNAVAILABLE { Code::ServerBusy } else { Code::BadRequest };
        response(app.engine.refuse(&origin, &caller, code, &[request_error(code, message)]), media_type, status)
    };
    if is_socket {
        if !is_allowed_origin(request.headers(), config) {
            let message = "Pages of this origin are not allowed to open a WebSocket. The operator of the server can allow \
                           them with --cors-origins (COOPGRAPH_CORS_ORIGINS); if a proxy changes the header Host, with \
                           --trust-proxy (COOPGRAPH_TRUST_PROXY).";
            return refuse(StatusCode::FORBIDDEN, ResponseMediaType::Json, message.to_owned());
        }
        let (mut parts, _) = request.into_parts();
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => websocket::open(upgrade, app.clone(), address, caller.clone(), origin),
            Err(rejection) => refuse(rejection.status(), ResponseMediaType::Json, rejection.body_text()),
        };
    }
    if !(*request.method() == Method::POST || get && !config.is_hardened()) {
        let methods = if config.is_hardened() { "POST" } else { "GET, HEAD, POST" };
        let message = format!("The method {} is not allowed. Use {methods}.", request.method());
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, ResponseMediaType::Json, message);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        return response;
    }
    let mut response = match ResponseMediaType::negotiate(request.headers()) {
        None => {
            let message = "The header Accept allows none of the available media types. Accept application/json, \
                           application/graphql-response+json or text/event-stream.";
            refuse(StatusCode::NOT_ACCEPTABLE, ResponseMediaType::Json, message.to_owned())
        }
        Some(media_type) => match read_request(request, &app, caller.client, get).await {
            Ok(Ok(request)) if media_type == ResponseMediaType::EventStream => {
                sse::answer(app.clone(), request, &origin, caller.clone(), get).await
            }
            Ok(Ok(request)) => {
                respond(answer(&app.engine, request, &origin, caller.clone(), get).await, media_type, config, get)
            }
            Ok(Err(error)) => {
                respond(app.engine.refuse(&origin, &caller, Code::BadRequest, &[error]), media_type, config, get)
            }
            Err(BodyError { status, message }) => {
                let mut response = refuse(status, media_type, message);
                if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
                    // RFC 9110, section 12.5.3: the encodings that a request body may have.
                    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
                }
                response
            }
        },
    };
    if get {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    }
    response
}

/// Whether a request asks for a WebSocket. Other protocols in `Upgrade` are ignored (RFC 9110, section 7.8).
fn is_websocket_upgrade(request: &HttpRequest) -> bool {
    let offered = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    let named = |offered: &str| offered.split(',').any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"));
    *request.method() == Method::GET && offered.is_some_and(named)
}

/// Whether the origin of a request may open a WebSocket. Browsers do not apply CORS to `WebSocket`s, but send
/// `Origin`.
fn is_allowed_origin(headers: &HeaderMap, config: &Config) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    PublicAddress::of(headers, config.trust_proxy).is_origin(origin)
        || config.cors_origins.iter().any(|allowed| allowed == "*" || allowed == origin)
}

async fn answer(engine: &Arc<Engine>, request: Request, origin: &Origin, caller: Caller, get: bool) -> Answer {
    match engine.prepare(request, origin, caller, if get { allow_one_result_over_get } else { allow_one_result }) {
        Ok(prepared) => engine.run(prepared).await,
        Err(answer) => answer,
    }
}

/// GET must be safe (RFC 9110, section 9.2.1).
pub(super) fn allow_over_get(kind: OperationType) -> Result<(), &'static str> {
    match kind {
        OperationType::Mutation => Err("Mutations are not allowed over GET. Send the request with POST."),
        _ => Ok(()),
    }
}

/// A JSON response has one result.
pub(super) fn allow_one_result(kind: OperationType) -> Result<(), &'static str> {
    match kind {
        OperationType::Subscription => {
            Err("Subscriptions need an event stream or a WebSocket. Set the header Accept: text/event-stream.")
        }
        _ => Ok(()),
    }
}

fn allow_one_result_over_get(kind: OperationType) -> Result<(), &'static str> {
    allow_over_get(kind).and_then(|()| allow_one_result(kind))
}

/// Why a body could not be read.
struct BodyError {
    status: StatusCode,
    message: String,
}

fn body_error(status: StatusCode, message: impl Into<String>) -> BodyError {
    BodyError { status, message: message.into() }
}

/// Reads a GraphQL request from the URL or the body. The inner error means that it is not a valid GraphQL request.
async fn read_request(
    request: HttpRequest,
    app: &App,
    client: Client,
    get: bool,
) -> Result<Result<Request, ServerError>, BodyError> {
    if get {
        return Ok(Request::from_query(request.uri().query().unwrap_or_default()));
    }
    let config = app.engine.config();
    let late = || {
        let message = format!("The request body was not received within {} ms.", config.request_timeout_ms);
        body_error(StatusCode::REQUEST_TIMEOUT, message)
    };
    let body = timeout(config.request_timeout(), read_body(request, app, client)).await.map_err(|_| late())??;
    Ok(Request::from_json(&body))
}

async fn read_body(request: HttpRequest, app: &App, client: Client) -> Result<Vec<u8>, BodyError> {
    let headers = request.headers();
    if !accept::is_json(headers) {
        let message = "The request body must be JSON encoded as UTF-8. Set the header Content-Type: application/json.";
        return Err(body_error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let message = "The request body must not be compressed. Remove the header Content-Encoding.";
        return Err(body_error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let max = app.engine.config().max_body_bytes;
    let too_large =
        || body_error(StatusCode::PAYLOAD_TOO_LARGE, format!("The request body must not be larger than {max} bytes."));
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > max as u64) {
        return Err(too_large());
    }
    let mut chunks = request.into_body().into_data_stream();
    let (mut body, mut reservation) = (Vec::new(), app.body_limits.reserve(client));
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| body_error(StatusCode::BAD_REQUEST, "The request body ended before it was complete."))?;
        if body.len() + chunk.len() > max {
            return Err(too_large());
        }
        if !reservation.try_grow(body.len() + chunk.len()) {
            let message = "The server is receiving too many large request bodies. Try again in a moment.";
            return Err(body_error(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The response for an answer, with the status of its outcome.
pub(super) fn respond(answer: Answer, media_type: ResponseMediaType, config: &Config, get: bool) -> Response {
    let status = status(answer.outcome, media_type, config.status_codes, get);
    let mut response = response(answer, media_type, status);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

/// The response for an answer, with a status.
pub(super) fn response(answer: Answer, media_type: ResponseMediaType, status: StatusCode) -> Response {
    // Errors that occur before the event stream begins are JSON.
    let media_type = if media_type == ResponseMediaType::EventStream { ResponseMediaType::Json } else { media_type };
    let mut response = Response::new(response_body::body(answer.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type.content_type());
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    if let Some(budget) = answer.budget {
        insert_rate_limit(headers, budget, answer.retry_after);
    }
    let retry = answer.retry_after.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
    headers.extend(retry.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
    response
}

/// Inserts the headers with the rate limit of the client.
pub(super) fn insert_rate_limit(headers: &mut HeaderMap, budget: RateLimit, retry_after: Option<i64>) {
    let seconds = retry_after.unwrap_or(budget.reset_in);
    let (remaining, limit) = (budget.remaining, budget.limit);
    for (name, value) in [
        (RATE_LIMIT_POLICY, format!("\"points\";q={limit};w=60")),
        (RATE_LIMIT, format!("\"points\";r={remaining};t={seconds}")),
    ] {
        headers.extend(HeaderValue::from_str(&value).map(|value| (name, value)));
    }
}

/// The status of an outcome, by the draft of GraphQL over HTTP that is configured.
pub(super) fn status(outcome: Outcome, media_type: ResponseMediaType, codes: StatusCodes, get: bool) -> StatusCode {
    let draft = codes == StatusCodes::Draft && media_type == ResponseMediaType::GraphqlResponse;
    let code = match outcome {
        Outcome::Partial if draft => return StatusCode::from_u16(294).unwrap_or(StatusCode::OK),
        Outcome::Success | Outcome::Partial => return StatusCode::OK,
        Outcome::Refused(code) => code,
    };
    match code {
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::OperationNotAllowed if get => StatusCode::METHOD_NOT_ALLOWED,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::ServerBusy | Code::TooManySubscriptions | Code::Timeout => StatusCode::SERVICE_UNAVAILABLE,
        Code::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
        // Clients that accept only application/json treat any other status as a transport error.
        _ if media_type == ResponseMediaType::Json => StatusCode::OK,
        Code::GraphqlValidationFailed | Code::InvalidVariables | Code::OperationNotFound if draft => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::BAD_REQUEST,
    }
}
