//! The endpoint.

mod answer;
mod variables;

use std::{future::Future, io, sync::Arc};

use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, Schema, ServerError};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use tokio::net::TcpListener;

use crate::{
    db::Database,
    domain::Cooperation,
    error::{Code, classify, coded},
    graph::{Answered, Clearance, Loader, Query},
};

/// The GraphQL schema.
pub type CooperationSchema = Schema<Query<Cooperation>, EmptyMutation, EmptySubscription>;

/// How many bytes the body of a request may have.
const MAX_BODY: usize = 1 << 20;

/// What all requests share.
#[derive(Clone)]
struct App {
    schema: CooperationSchema,
    database: Database,
}

/// Puts the schema together.
#[must_use]
pub fn schema() -> CooperationSchema {
    Schema::build(Query::default(), EmptyMutation, EmptySubscription).finish()
}

/// The schema in GraphQL's definition language, with every description.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().include_specified_by();
    let sdl = schema().sdl_with_options(options);
    let lines: Vec<_> = sdl.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim())
}

/// The routes.
pub fn router(database: Database) -> Router {
    Router::new()
        .route("/graphql", post(graphql))
        .route("/schema.graphql", get(async || ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], sdl())))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(App { schema: schema(), database }))
}

/// Serves until `stop` is done; then refuses new connections and finishes the requests that are running.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Answers are written whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    match app.database.check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}

async fn graphql(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(';').next().is_some_and(|v| v.trim().eq_ignore_ascii_case("application/json")));
    let (status, response) = if json {
        match serde_json::from_slice::<Request>(&body) {
            Ok(request) => (StatusCode::OK, execute(&app, request).await),
            Err(cause) => {
                let message = format!("the body is no GraphQL request: {cause}");
                (StatusCode::BAD_REQUEST, refuse(&message))
            }
        }
    } else {
        let message = "the body must be JSON, with the header `Content-Type: application/json`";
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, refuse(message))
    };
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, content_type)], Bytes::from(answer::write(&response)))
}

async fn execute(app: &App, mut request: Request) -> Response {
    let mut response = match variables::complete(&mut request) {
        Ok(()) => {
            let loader = Loader::new(&app.database, Clearance::PUBLIC);
            app.schema.execute(request.data(loader).data(Answered::default())).await
        }
        Err(errors) => Response::from_errors(errors),
    };
    classify(&mut response.errors);
    response
}

fn refuse(message: &str) -> Response {
    let mut error = ServerError::new(message, None);
    error.extensions = Some(coded(Code::BadRequest));
    Response::from_errors(vec![error])
}
