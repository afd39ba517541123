//! What requests for files and pages of records have in common: who asks, errors, and whether something has changed.

use std::{net::SocketAddr, time::Instant};

use apollo_compiler::response::JsonMap;
use async_graphql::ServerError;
use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header, request::Parts},
    response::Response,
};

use super::{
    App,
    accept::ResponseMediaType,
    caller,
    graphql::{allow_one_result, insert_rate_limit, response, status},
    pages::address,
    validators::Validators,
};
use crate::{
    api::RateLimit,
    config::StatusCodes,
    engine::{Answer, Caller, Outcome, Request},
    error::{Code, request_error},
    observe::Origin,
    query::filter::QUALITY_ISSUE,
};

/// The methods of files.
const METHODS: &str = "GET, HEAD";

/// What is wrong with a path whose percent-encoded bytes are no text.
pub(super) const PATH_NOT_UTF_8: &str = "The path of the address is not UTF-8.";

/// A request for a file.
#[derive(Clone)]
pub(super) struct FileRequest {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) origin: Origin,
    pub(super) uri: Uri,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    /// The address of the server, as the client reached it.
    pub(super) base: String,
}

/// Refused are requests that could change something.
impl FromRequestParts<App> for FileRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
        let origin = parts.extensions.get::<Origin>().cloned();
        let (Some(peer), Some(origin)) = (peer, origin) else {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(response);
        };
        let request = Self {
            app: app.clone(),
            caller: caller(&app.engine, &origin, peer, &parts.headers).await.map_err(failed)?,
            origin,
            uri: parts.uri.clone(),
            version: parts.version,
            base: address(app, &parts.headers),
            headers: parts.headers.clone(),
        };
        if matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok(request);
        }
        let message = format!("The method {} is not allowed. Use {METHODS}.", parts.method);
        let mut response = request.refuse_with(StatusCode::METHOD_NOT_ALLOWED, message);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(METHODS));
        Err(response)
    }
}

impl FileRequest {
    /// Runs a document, and gives the data of its answer if there is no error.
    pub(super) async fn data(
        &self,
        document: &str,
        variables: JsonMap,
    ) -> Result<(JsonMap, Option<RateLimit>), Answer> {
        let request = Request { query: Some(document.to_owned()), variables, ..Request::default() };
        let engine = &self.app.engine;
        let prepared = engine.prepare(request, &self.origin, self.caller.clone(), allow_one_result)?;
        let answer = engine.run(prepared).await;
        let budget = answer.budget;
        answer.into_data().map(|data| (data, budget))
    }

    /// Checks that whoever asks may still do so, before something more is read for the same request.
    pub(super) async fn check_caller(&self) -> Result<(), Answer> {
        self.app.engine.check_caller(&self.caller).await
    }

    /// The validators of what this request asks for; `form` is what else it depends on. The error is the answer to a client that
    /// has it already, as its tag tells, or that may not ask now.
    pub(super) async fn validators(&self, form: &str) -> Result<Validators, Response> {
        let (engine, started) = (&self.app.engine, Instant::now());
        let version = engine.dataset_version(&self.origin, &self.caller).await.map_err(failed)?;
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        // Others may see more of it, or less.
        let rank = self.caller.viewer.clearance().rank().to_string();
        // What lies in the future is another thing tomorrow.
        let day = engine.today().to_string();
        let validators = Validators::new(version, &[target, &self.base, form, &rank, &day], engine.now());
        if validators.tag_is_known(&self.headers) {
            engine.unchanged(&self.origin, started.elapsed());
            return Err(validators.not_modified());
        }
        Ok(validators)
    }

    /// The response with a file, or that it has not changed since the moment that the client names. Unlike a tag, which only
    /// what exists has, such a moment tells nothing of what is asked for: here, it is known to exist.
    pub(super) fn found(&self, mut response: Response, validators: &Validators, budget: Option<RateLimit>) -> Response {
        // The date is the same for all, and who has a key may have asked without it before; and it does not tell the days apart.
        let is_of_day = self.uri.query().is_some_and(|query| query.contains(QUALITY_ISSUE));
        if self.caller.viewer.key.is_none() && !is_of_day && validators.date_is_known(&self.headers) {
            return validators.not_modified();
        }
        validators.add_to(response.headers_mut());
        if let Some(budget) = budget {
            insert_rate_limit(response.headers_mut(), budget, None);
        }
        response
    }

    /// Refuses the request as one that HTTP has a status for.
    pub(super) fn refuse_with(&self, status: StatusCode, message: impl Into<String>) -> Response {
        let mut response = self.refuse(&request_error(Code::BadRequest, message));
        *response.status_mut() = status;
        response
    }

    /// Refuses the request.
    pub(super) fn refuse(&self, error: &ServerError) -> Response {
        let code = Code::of(error).unwrap_or(Code::InternalServerError);
        failed(self.app.engine.refuse(&self.origin, &self.caller, code, std::slice::from_ref(error)))
    }
}

/// The response for a request that failed.
pub(super) fn failed(answer: Answer) -> Response {
    let code = match answer.outcome {
        Outcome::Refused(code) => code,
        Outcome::Success | Outcome::Partial => Code::InternalServerError,
    };
    let status = match code {
        Code::NotFound => StatusCode::NOT_FOUND,
        _ => status(answer.outcome, ResponseMediaType::GraphqlResponse, StatusCodes::Audited, true),
    };
    response(answer, ResponseMediaType::Json, status)
}
