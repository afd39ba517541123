//! GraphQL over HTTP.

use std::{net::SocketAddr, sync::Arc};

use apollo_compiler::executable::OperationType;
use async_graphql::ServerError;
use axum::{
    extract::{ConnectInfo, Extension, FromRequestParts, Request as HttpRequest, State, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::{App, RATE_LIMIT, RATE_LIMIT_POLICY, accept, accept::Media, answer_body, caller, socket, sse};
use crate::{
    config::{Config, StatusCodes},
    engine::{Answer, Caller, Client, Engine, Outcome, Request},
    error::{Code, request_error},
    graph::Budget,
    observe::Origin,
};

/// Answers whatever comes to `/graphql`.
pub(super) async fn handle(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(origin): Extension<Origin>,
    request: HttpRequest,
) -> Response {
    let config = app.engine.config();
    let caller = caller(&app.engine, peer, request.headers());
    let refuse = |status, media, message: String| {
        let code = if status == StatusCode::SERVICE_UNAVAILABLE { Code::ServerBusy } else { Code::BadRequest };
        give(app.engine.refuse(&origin, caller, code, &[request_error(code, message)]), media, status)
    };
    if wants_web_socket(&request) {
        if !may_open_sockets(request.headers(), &config.cors_origins) {
            let message = "pages of this origin may not ask: it is not among the origins that the server allows";
            return refuse(StatusCode::FORBIDDEN, Media::Json, message.to_owned());
        }
        let (mut parts, _) = request.into_parts();
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => socket::open(upgrade, app.clone(), caller, origin),
            Err(refused) => refuse(refused.status(), Media::Json, refused.body_text()),
        };
    }
    // An answer to HEAD is that to GET, without its body, which the library keeps back.
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    if !(*request.method() == Method::POST || get && !config.is_hardened()) {
        let methods = if config.is_hardened() { "POST" } else { "GET, HEAD, POST" };
        let message = format!("this address answers {methods}");
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, Media::Json, message);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        return response;
    }
    let mut response = match Media::wanted(request.headers()) {
        None => {
            let message = "answers are application/json, application/graphql-response+json or text/event-stream: \
                           the header `Accept` allows none of them";
            refuse(StatusCode::NOT_ACCEPTABLE, Media::Json, message.to_owned())
        }
        Some(media) => match read(request, &app, caller.client, get).await {
            Ok(Ok(request)) if media == Media::Events => sse::answer(app.clone(), request, &origin, caller, get).await,
            Ok(Ok(request)) => respond(answer(&app.engine, request, &origin, caller, get).await, media, config, get),
            Ok(Err(error)) => {
                respond(app.engine.refuse(&origin, caller, Code::BadRequest, &[error]), media, config, get)
            }
            Err(Unread { status, message }) => {
                let mut response = refuse(status, media, message);
                if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
                    // RFC 9110, section 12.5.3: which encodings a request may have.
                    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
                }
                response
            }
        },
    };
    if get {
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    }
    response
}

/// Whether a request asks for a WebSocket. Other protocols that a client offers may be passed over (RFC 9110, section 7.8).
fn wants_web_socket(request: &HttpRequest) -> bool {
    let offered = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    let named = |offered: &str| offered.split(',').any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"));
    *request.method() == Method::GET && offered.is_some_and(named)
}

/// Whether a WebSocket may be opened. Browsers let any page open one to anywhere, and only say whose page it is.
fn may_open_sockets(headers: &HeaderMap, allowed: &[String]) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return true };
    let own = origin.split_once("://").is_some_and(|(_, host)| Some(host) == text(header::HOST));
    own || allowed.iter().any(|allowed| allowed == "*" || allowed == origin)
}

async fn answer(engine: &Arc<Engine>, request: Request, origin: &Origin, caller: Caller, get: bool) -> Answer {
    match engine.prepare(request, origin, caller, if get { by_get } else { by_post }) {
        Ok(prepared) => engine.run(prepared).await,
        Err(answer) => answer,
    }
}

/// The operations that GET may ask for: whoever follows a link must not change anything.
fn by_get(kind: OperationType) -> Result<(), &'static str> {
    match kind {
        OperationType::Mutation => Err("a mutation cannot be asked for by GET: send it by POST"),
        kind => by_post(kind),
    }
}

/// The operations that have one answer.
fn by_post(kind: OperationType) -> Result<(), &'static str> {
    match kind {
        OperationType::Subscription => {
            Err("a subscription has many answers: ask with `Accept: text/event-stream`, or over a WebSocket")
        }
        _ => Ok(()),
    }
}

/// Why a body was not read.
struct Unread {
    status: StatusCode,
    message: String,
}

fn unread(status: StatusCode, message: impl Into<String>) -> Unread {
    Unread { status, message: message.into() }
}

/// Reads a request, from its address or its body; the inner error is that it is none of GraphQL.
async fn read(
    request: HttpRequest,
    app: &App,
    client: Client,
    get: bool,
) -> Result<Result<Request, ServerError>, Unread> {
    if get {
        return Ok(Request::from_query(request.uri().query().unwrap_or_default()));
    }
    let config = app.engine.config();
    let late = || {
        unread(StatusCode::REQUEST_TIMEOUT, format!("the body did not come within {} ms", config.request_timeout_ms))
    };
    let body = timeout(config.request_timeout(), body(request, app, client)).await.map_err(|_| late())??;
    Ok(Request::from_json(&body))
}

/// Reads a body.
async fn body(request: HttpRequest, app: &App, client: Client) -> Result<Vec<u8>, Unread> {
    let headers = request.headers();
    if !accept::is_json(headers) {
        let message = "the body must be JSON in UTF-8, with the header `Content-Type: application/json`";
        return Err(unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let message = "the body must be sent as it is: the header `Content-Encoding` is not understood";
        return Err(unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let most = app.engine.config().max_body_bytes;
    let too_large = || unread(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {most} bytes"));
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > most as u64) {
        return Err(too_large());
    }
    let mut chunks = request.into_body().into_data_stream();
    let (mut body, mut held) = (Vec::new(), app.unfinished.begin(client));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| unread(StatusCode::BAD_REQUEST, "the body ended before its end"))?;
        if body.len() + chunk.len() > most {
            return Err(too_large());
        }
        if !held.grow(body.len() + chunk.len()) {
            let message = "the server is sent too much at the same time: try again in a moment";
            return Err(unread(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Gives an answer the status that its outcome has.
pub(super) fn respond(answer: Answer, media: Media, config: &Config, get: bool) -> Response {
    let status = status(answer.outcome, media, config.status_codes, get);
    let mut response = give(answer, media, status);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

/// An answer with its status and headers.
fn give(answer: Answer, media: Media, status: StatusCode) -> Response {
    // What is refused before there is an event is no event.
    let media = if media == Media::Events { Media::Json } else { media };
    let mut response = Response::new(answer_body::body(answer.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    if let Some(budget) = answer.budget {
        tell_budget(headers, budget, answer.retry_after);
    }
    let retry = answer.retry_after.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
    headers.extend(retry.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
    response
}

/// Says what the client may still spend.
pub(super) fn tell_budget(headers: &mut HeaderMap, budget: Budget, retry_after: Option<i64>) {
    let seconds = retry_after.unwrap_or(budget.reset_in);
    let (left, most) = (budget.remaining, budget.limit);
    for (name, value) in [
        (RATE_LIMIT_POLICY, format!("\"points\";q={most};w=60")),
        (RATE_LIMIT, format!("\"points\";r={left};t={seconds}")),
    ] {
        headers.extend(HeaderValue::from_str(&value).map(|value| (name, value)));
    }
}

/// What the status is, as GraphQL over HTTP says; of its drafts, the setting chooses.
fn status(outcome: Outcome, media: Media, codes: StatusCodes, get: bool) -> StatusCode {
    let draft = codes == StatusCodes::Draft && media == Media::GraphqlResponse;
    let code = match outcome {
        Outcome::Partial if draft => return StatusCode::from_u16(294).unwrap_or(StatusCode::OK),
        Outcome::Success | Outcome::Partial => return StatusCode::OK,
        Outcome::Refused(code) => code,
    };
    match code {
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::OperationNotAllowed if get => StatusCode::METHOD_NOT_ALLOWED,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::ServerBusy | Code::TooManySubscriptions | Code::Timeout => StatusCode::SERVICE_UNAVAILABLE,
        Code::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
        // A client that knows only application/json takes any other status for a failure of the transport.
        _ if media == Media::Json => StatusCode::OK,
        Code::GraphqlValidationFailed | Code::InvalidVariables | Code::OperationNotFound if draft => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::BAD_REQUEST,
    }
}
