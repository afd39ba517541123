//! The pages for people: the start page, and the playground.

use axum::Router;

use super::App;

/// The routes of the pages.
pub(super) fn routes() -> Router<App> {
    Router::new()
}
