//! The routes. The probes of [`super::health`] are answered before a request arrives here.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use super::{metrics, page, status};
use crate::progress::Progress;

pub fn router(progress: Progress) -> Router {
    Router::new()
        .route("/", get(page::show))
        .route("/metrics", get(metrics::show))
        .route("/status", get(status::show))
        .fallback(nothing_here)
        .with_state(progress)
}

async fn nothing_here() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "application/json")], r#"{"error":"not found","see":"/status"}"#)
}
