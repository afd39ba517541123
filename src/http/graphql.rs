//! GraphQL over HTTP.

use std::{net::SocketAddr, sync::Arc};

use apollo_compiler::executable::OperationType;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Extension, FromRequestParts, Request as HttpRequest, State, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::{App, RATE_LIMIT, RATE_LIMIT_POLICY, accept, accept::Media, caller, socket, sse};
use crate::{
    config::{Config, StatusCodes},
    engine::{Answer, Caller, Engine, Outcome, Request},
    error::{Code, request_error},
    observe::Origin,
};

/// Answers whatever comes to `/graphql`.
pub(super) async fn handle(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(origin): Extension<Origin>,
    request: HttpRequest,
) -> Response {
    let caller = caller(&app.engine, peer, request.headers());
    let refuse = |status, media, message: String| {
        app.engine.refuse(&origin, Code::BadRequest);
        refuse(status, media, message)
    };
    if wants_web_socket(&request) {
        if !may_open_sockets(request.headers(), &app.engine.config().cors_origins) {
            let message = "pages of this origin may not ask: it is not among the origins that the server allows";
            return refuse(StatusCode::FORBIDDEN, Media::Json, message.to_owned());
        }
        let (mut parts, _) = request.into_parts();
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => socket::open(upgrade, app.clone(), caller, origin),
            Err(refused) => refuse(refused.status(), Media::Json, refused.body_text()),
        };
    }
    let hardened = app.engine.config().is_hardened();
    let get = *request.method() == Method::GET;
    if !(*request.method() == Method::POST || get && !hardened) {
        let methods = if hardened { "POST" } else { "GET, POST" };
        let message = format!("this address answers {methods}");
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, Media::Json, message);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        return response;
    }
    let Some(media) = Media::wanted(request.headers()) else {
        let message = "answers are application/json, application/graphql-response+json or text/event-stream: \
                       the header `Accept` allows none of them";
        return refuse(StatusCode::NOT_ACCEPTABLE, Media::Json, message.to_owned());
    };
    let read = if get {
        Request::from_query(request.uri().query().unwrap_or_default())
            .map_err(|error| Answer::refused(Code::BadRequest, &[error]))
    } else {
        match body(request, app.engine.config()).await {
            Ok(body) => Request::from_json(&body).map_err(|error| Answer::refused(Code::BadRequest, &[error])),
            Err((status, message)) => return refuse(status, media, message),
        }
    };
    let request = match read {
        Ok(request) => request,
        Err(answer) => {
            app.engine.refuse(&origin, Code::BadRequest);
            return respond(answer, media, app.engine.config(), get);
        }
    };
    if media == Media::Events {
        return sse::answer(app, request, &origin, caller, get).await;
    }
    let answer = answer(&app.engine, request, &origin, caller, get).await;
    respond(answer, media, app.engine.config(), get)
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

/// Reads a body; the error has a status.
async fn body(request: HttpRequest, config: &Config) -> Result<Bytes, (StatusCode, String)> {
    if !accept::is_json(request.headers()) {
        let message = "the body must be JSON in UTF-8, with the header `Content-Type: application/json`";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, message.to_owned()));
    }
    let too_large =
        || (StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {} bytes", config.max_body_bytes));
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > config.max_body_bytes as u64) {
        return Err(too_large());
    }
    match timeout(config.request_timeout(), to_bytes(request.into_body(), config.max_body_bytes)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(cause)) if is_too_large(&cause) => Err(too_large()),
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "the body ended before its end".to_owned())),
        Err(_) => {
            let message = format!("the body did not come within {} ms", config.request_timeout_ms);
            Err((StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}

fn is_too_large(cause: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(cause);
    while let Some(inner) = cause {
        if inner.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// An answer to what is no GraphQL request.
fn refuse(status: StatusCode, media: Media, message: impl Into<String>) -> Response {
    let answer = Answer::refused(Code::BadRequest, &[request_error(Code::BadRequest, message)]);
    let media = if media == Media::Events { Media::Json } else { media };
    (status, [(header::CONTENT_TYPE, media.content_type())], answer.body).into_response()
}

/// Gives an answer its status and headers.
pub(super) fn respond(answer: Answer, media: Media, config: &Config, get: bool) -> Response {
    let media = if media == Media::Events { Media::Json } else { media };
    let status = status(answer.outcome, media, config.status_codes, get);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    if get {
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if let Some(budget) = answer.budget {
        let seconds = answer.retry_after.unwrap_or(budget.reset_in);
        let (left, most) = (budget.remaining, budget.limit);
        for (name, value) in [
            (RATE_LIMIT_POLICY, format!("\"points\";q={most};w=60")),
            (RATE_LIMIT, format!("\"points\";r={left};t={seconds}")),
        ] {
            headers.extend(HeaderValue::from_str(&value).map(|value| (name, value)));
        }
    }
    let retry = answer.retry_after.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
    headers.extend(retry.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
    response
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
